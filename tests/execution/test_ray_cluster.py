"""A real cluster of two nodes beside its head, each of one CPU."""

import os

import pytest

from registry.errors import ConflictError, InputError
from registry.execution.base import Finished, Limits, Lost
from registry.execution.dispatching import MAX_ATTEMPTS
from registry.execution.ray_cluster import RayCluster
from tests.execution.works import Die, Hang, Refuse, Remember, Square

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ray")]


def ignore(done):
    pass


@pytest.fixture(scope="module")
def address(make_cluster):
    return make_cluster(2)[0].address


def cluster(address, *, deadline_seconds=60):
    limits = Limits(deadline_seconds, worker_bytes=1 << 30)
    return RayCluster(address, num_workers=None, limits=limits)


def results(executor, work, tasks):
    return {item.number: item for item in executor.run(work, tasks, ignore)}


def test_each_task_gives_its_result_and_its_report(address):
    reports = []
    executor = cluster(address)
    found = list(executor.run(Square(), range(6), reports.append))

    assert 2 == executor.num_workers
    assert {Finished(number, number * number) for number in range(6)} == set(found)
    assert (6, sum(range(6))) == (
        sum(done.num_bytes for done in reports),
        sum(done.num_documents for done in reports),
    )


def test_work_runs_on_every_node_and_not_here(address):
    found = [item.result for item in cluster(address).run(Remember(), range(12), ignore)]

    assert len({process for process, _ in found}) >= 2
    assert os.getpid() not in {process for process, _ in found}
    assert max(seen for _, seen in found) > 1


def test_a_task_whose_worker_dies_is_tried_again(address, tmp_path):
    found = results(cluster(address), Die(tmp_path, task=1, times=2), range(4))

    assert {number: Finished(number, number) for number in range(4)} == found


def test_a_task_that_kills_every_worker_is_lost_and_no_other(address, tmp_path):
    found = results(cluster(address), Die(tmp_path, task=1, times=99), range(4))
    lost = found.pop(1)

    assert {number: Finished(number, number) for number in (0, 2, 3)} == found
    assert isinstance(lost, Lost)
    assert ("lost its worker", MAX_ATTEMPTS) == (lost.reason[:15], lost.num_attempts)


def test_a_task_that_hangs_is_lost_and_no_other(address):
    found = results(cluster(address, deadline_seconds=1), Hang(task=1), range(3))

    assert {0, 2} == {number for number, item in found.items() if isinstance(item, Finished)}
    assert Lost(1, "took longer than 1 seconds", MAX_ATTEMPTS) == found[1]


def test_an_error_on_purpose_is_raised_with_its_hint(address):
    with pytest.raises(ConflictError, match="task 0") as caught:
        list(cluster(address).run(Refuse(), [0], ignore))

    assert "none" == caught.value.hint


def test_no_cluster_at_an_address_is_an_error_that_names_it():
    with pytest.raises(InputError, match=r"no Ray cluster at 127\.0\.0\.1:1"):
        cluster("127.0.0.1:1")
