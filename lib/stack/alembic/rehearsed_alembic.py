"""Holds a migration to its rehearsal: each statement is compared before it is sent. Joined behind watched_alembic.py.

The text is compared, without parameters; the server is asked nothing. Of equal statements in a row one is enough, because
their number may be that of rows. What goes past the drivers that are watched is not compared.
"""
expected = {"statements": {}, "by": None, "stops": True, "compares": None, "step": None, "rest": [], "last": None}


def keep_to(how):
    """
    :param how: the SHA-256 of each of the `statements` by revision, `by` whom they were written, and whether the first one
        that differs `stops` the run; else it is only told
    """
    expected.update(how)
    listen(Keeping)


class Keeping:
    """A connection that migrates, with the same face as Session."""

    def __init__(self, run):
        self.depth = 0

    def start(self, sql):
        self.depth += 1
        if self.depth == 1:
            compare(sql)

    def done(self, sql, count, verb=None):
        self.depth = max(0, self.depth - 1)

    def broke(self, sql, error):
        self.depth = 0

    def ended(self, how):
        pass

    def close_revision(self):
        """Before alembic writes down that the revision is done, and so before anything of it counts."""
        begin()
        if expected["compares"] and expected["rest"]:
            differs(None)

    def absorb(self):
        pass


def begin():
    announce()
    if expected["compares"] is None:
        expected["compares"] = expected["by"] == watched["by"]
        if not expected["compares"]:
            say(uncompared=watched["by"])
    step = course["running"]
    if expected["step"] is not step:
        expected.update(step=step, rest=list(expected["statements"].get(revision_of(step), [])), last=None)


def compare(sql):
    begin()
    if not expected["compares"]:
        return
    digest = hash_of(sql)
    if digest == expected["last"]:
        return
    if expected["rest"][:1] != [digest]:
        return differs(sql)
    expected["last"] = expected["rest"].pop(0)


def differs(sql):
    """:param sql: none where the revision ends, and the rehearsed one went on"""
    found = dict(course_of(), left=len(expected["rest"]), statement=sql and sql[:10000], place=place_in_revision())
    if expected["stops"]:
        end(differs=found)
    say(differs=found)
    expected["compares"] = False


def place_in_revision():
    """The line of the revision that is being run."""
    frame = sys._getframe()
    while frame is not None and "down_revision" not in frame.f_globals:
        frame = frame.f_back
    if frame is None:
        return None
    code = frame.f_code
    return {"file": code.co_filename, "line": frame.f_lineno, "function": code.co_name}
