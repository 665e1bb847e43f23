"""What a user of an API sees when it does not let them in."""


def test_an_address_that_is_not_public_is_not_allowed(muster):
    done = muster.run("register", "http://127.0.0.1:9/posts", "--name", "forum/api", code=4)

    assert "" == done.stdout
    assert [
        "error: 127.0.0.1 is no public address",
        "hint: --allow-private reads from your own machine or network",
    ] == done.stderr.splitlines()


def test_a_secret_in_a_command_is_refused_and_not_repeated(muster):
    words = ("register", "https://host/posts", "--name", "forum/api")
    for options in (("--auth", "s3cr3t"), ("--header", "X-Key: s3cr3t")):
        done = muster.run(*words, *options, code=2)
        assert "a secret is named, not written" in done.stderr
        assert options[0] in done.stderr
        assert "s3cr3t" not in done.stdout + done.stderr


def test_a_password_in_a_url_is_called_what_it_is(muster):
    place = "https://ada:s3cr3t@host/posts"
    done = muster.run("register", place, "--name", "forum/api", code=2)

    assert "s3cr3t" not in done.stdout + done.stderr
    assert "name and password in the URL" in done.stderr
    assert "--auth" not in done.stderr
