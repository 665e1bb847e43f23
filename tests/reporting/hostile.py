"""Texts that would leave their place in some output: quotes, markup, comments, terminal escapes."""

HOSTILE = (
    'a"b',
    "\\",
    '\\"',
    '"];\n x -> y [label="',
    "</td><script>alert(1)</script>",
    'click n1 "javascript:alert(1)"',
    "%% comment",
    "`md`",
    "#quot;",
    "\x1b[2J\x07",
    "\u202eright to left",
    "end\n\nsubgraph z",
    "\\N \\G \\l",
    "'; DROP TABLE version; --",
)
