"""Says of each statement of a migration what it did. Joined to bound_alembic.py where a run is to be watched.

Nothing of the project changes: the listeners hang on SQLAlchemy's Engine, and on the cursors of psycopg2 and psycopg, for
what goes past it. What goes past all of them is found by what it did, when the next statement or the revision's end comes.

Our questions run in the session that migrates, because no other one sees what is not committed. They are catalog queries
that depend on no setting of the session. What may fail, or takes a lock (counting rows), is in a savepoint that is rolled
back, and the lock is gone with it. The time that our questions take is in no figure.
"""
import ast
import contextlib
import hashlib
import time
import warnings

# https://www.postgresql.org/docs/current/errcodes-appendix.html
ABORTED = "25P02"
NOTE = "/* makesafe: what did it do? */"

# date_part() of a timestamp fits into an integer of 53 bits. Within one transaction it is the same.
STATE = """
  'transaction', (pg_catalog.date_part('epoch', pg_catalog.transaction_timestamp())
    OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8,
  'wal', pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0'::pg_catalog.pg_lsn)::pg_catalog.int8"""

# Objects of the server itself have lower OIDs.
FIRST_OF_USERS = "16384::pg_catalog.oid"

COLUMNS = """COALESCE((SELECT pg_catalog.json_object_agg(a.attnum::pg_catalog.text, pg_catalog.json_build_array(a.attname,
      a.atttypid::pg_catalog.int8, a.atttypmod, pg_catalog.format_type(a.atttypid, a.atttypmod)))
    FROM pg_catalog.pg_attribute AS a WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid
      AND c.relkind OPERATOR(pg_catalog.=) 'r'::pg_catalog."char"
      AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped), '{}'::pg_catalog.json)"""

RELATION = """pg_catalog.concat(pg_catalog.quote_ident(n.nspname::pg_catalog.text), '.',
      pg_catalog.quote_ident(c.relname::pg_catalog.text)), c.relkind::pg_catalog.text, c.relfilenode::pg_catalog.int8"""

# Rows that the session wrote and the server has not counted yet: also those of triggers, DO blocks and COPY.
WRITTEN = """pg_catalog.pg_stat_get_xact_tuples_inserted({0}), pg_catalog.pg_stat_get_xact_tuples_updated({0}),
      pg_catalog.pg_stat_get_xact_tuples_deleted({0})"""

# What a statement has read or written, it has locked. LEFT JOIN, because what it has dropped is not in pg_class any more.
# Only under this lock a column goes or gets another type.
LOOK = """%s SELECT pg_catalog.json_build_object(%s,
  'relations', COALESCE((SELECT pg_catalog.json_agg(pg_catalog.json_build_array(l.relation::pg_catalog.int8,
      CASE WHEN c.oid IS NULL THEN NULL ELSE %s, %s, l.modes,
      CASE WHEN l.exclusive THEN %s END))
    FROM (SELECT k.relation, pg_catalog.json_agg(k.mode) AS modes,
        pg_catalog.bool_or(k.mode OPERATOR(pg_catalog.=) 'AccessExclusiveLock'::pg_catalog.text) AS exclusive
      FROM pg_catalog.pg_locks AS k
      WHERE k.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND k.granted
        AND k.locktype OPERATOR(pg_catalog.=) 'relation'::pg_catalog.text
        AND k.relation OPERATOR(pg_catalog.>=) %s GROUP BY k.relation) AS l
    LEFT JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) l.relation
    LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace), '[]'::pg_catalog.json)
  )::pg_catalog.text""" % (
    NOTE, STATE, RELATION.replace("c.relname::pg_catalog.text)), ", "c.relname::pg_catalog.text)) END, "),
    WRITTEN.format("l.relation"), COLUMNS, FIRST_OF_USERS,
)

SNAPSHOT = """%s SELECT pg_catalog.json_build_object(%s,
  'relations', COALESCE((SELECT pg_catalog.json_agg(pg_catalog.json_build_array(c.oid::pg_catalog.int8, %s, %s, NULL, %s))
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE c.oid OPERATOR(pg_catalog.>=) %s AND c.relkind OPERATOR(pg_catalog.<>) 't'::pg_catalog."char"), '[]'::pg_catalog.json)
  )::pg_catalog.text""" % (NOTE, STATE, RELATION, WRITTEN.format("c.oid"), COLUMNS, FIRST_OF_USERS)

# They do nothing to the database by themselves.
UNASKED = {
    "SET", "RESET", "SHOW", "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "DISCARD",
}
VERBS = UNASKED | {
    "ALTER", "ANALYZE", "CALL", "CLUSTER", "COMMENT", "COPY", "CREATE", "DEALLOCATE", "DELETE", "DO", "DROP", "EXECUTE",
    "EXPLAIN", "GRANT", "IMPORT", "INSERT", "LOCK", "MERGE", "PREPARE", "REFRESH", "REINDEX", "REVOKE", "SECURITY", "SELECT",
    "TABLE", "TRUNCATE", "UPDATE", "VACUUM", "VALUES", "WITH",
}
KINDS = {
    "AGGREGATE", "CAST", "COLLATION", "CONCURRENTLY", "CONSTRAINT", "DATABASE", "DEFAULT", "DOMAIN", "EVENT", "EXTENSION",
    "FOREIGN", "FUNCTION", "INDEX", "LANGUAGE", "MATERIALIZED", "OPERATOR", "OR", "POLICY", "PRIVILEGES", "PROCEDURE",
    "PUBLICATION", "REPLACE", "ROLE", "RULE", "SCHEMA", "SEQUENCE", "SERVER", "STATISTICS", "SUBSCRIPTION", "TABLE",
    "TEMP", "TEMPORARY", "TRIGGER", "TYPE", "UNIQUE", "UNLOGGED", "USER", "VIEW",
}
BLANK = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.S)
WORD = re.compile(r"[A-Za-z]+")


def verb_of(sql):
    """The words that it begins with, all of them PostgreSQL's own: no literal and no name is among them."""
    found = []
    at = BLANK.match(sql).end()
    while True:
        word = WORD.match(sql, at)
        name = word.group().upper() if word else None
        if name not in (KINDS if found else VERBS):
            return " ".join(found)
        found.append(name)
        if name not in ("ALTER", "CREATE", "DROP", "REFRESH", "REINDEX", "COMMENT") and len(found) == 1:
            return name
        at = BLANK.match(sql, word.end()).end()


# It has to be the first of its transaction: nobody asks in front of it.
FIRST = re.compile(r"\s*SET\s+(?:LOCAL\s+|SESSION\s+CHARACTERISTICS\s+AS\s+)?TRANSACTION\b", re.I)


def hash_of(sql):
    """SHA-256 of a statement. On a copy it is that which the statement has on the database that the copy is of."""
    instead = given["instead"] or {}
    if instead.get("copyOf"):
        sql = sql.replace(instead["database"], instead["copyOf"])
    return hashlib.sha256(sql.encode("utf-8", "surrogatepass")).hexdigest()


def is_idle(sql):
    return verb_of(sql) in UNASKED and ";" not in sql.strip().rstrip(";")


def is_first(sql):
    return is_idle(sql) or FIRST.match(sql) is not None or verb_of(sql) in UNASKED - {"SET", "RESET", "SHOW"}


class Relation:
    def __init__(self, label, kind, node, written, columns):
        self.label, self.kind, self.node, self.written, self.columns = label, kind, node, written, columns

    @property
    def holds_rows(self):
        return self.kind == "r"


class Clock:
    """Seconds, without those that our own questions took."""

    def __init__(self):
        self.ours = 0.0

    def now(self):
        return time.perf_counter() - self.ours


clock = Clock()
watched = {
    "asking": False, "stamping": False, "announced": None, "number": 0, "count": False, "closing": False, "gone": [],
    # The kind of session that a connection gets, and whether it was said who writes the statements.
    "session": None, "by": None,
    # By OID what was there before the run, with its columns.
    "before": None,
}
# Rows and values of each table by OID, as counted last; and those tables that have changed since.
counts, changed_since = {}, None
sessions, sessions_by_id = weakref.WeakKeyDictionary(), {}


def is_watched():
    return course["running"] is not None and not watched["asking"] and not watched["stamping"]


def tell(kind, **what):
    say(watched=dict(what, kind=kind, revision=revision_of(course["running"])))


def announce():
    """Says once for each revision that it begins, and what its file is."""
    step = course["running"]
    if watched["announced"] is step:
        return
    watched.update(announced=step, number=0)
    if watched["by"] is None:
        watched["by"] = writers()
        tell("by", by=watched["by"])
    path = getattr(getattr(step, "revision", None), "path", None)
    sha256, downgrade = None, None
    try:
        with open(path, "rb") as file:
            content = file.read()
        sha256 = hashlib.sha256(content).hexdigest()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            downgrade = downgrade_of(content)
    except Exception:
        pass  # It is not there as a file, or not as Python.
    down = getattr(step, "is_upgrade", True) is False
    file = path and os.path.basename(path)
    tell("revision", file=file, sha256=sha256, downgrade=downgrade, way="down" if down else "up")


def writers():
    """Who writes the statements: another version may spell them in another way."""
    import alembic
    import sqlalchemy

    driver = course["context"].dialect.driver
    return "alembic %s, SQLAlchemy %s, %s" % (alembic.__version__, sqlalchemy.__version__, driver)


def downgrade_of(content):
    """Whether the file has a way back: "none", "empty", "raises" or "there"."""
    for node in ast.parse(content).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == "downgrade":
            kinds = {type(one) for one in node.body if not is_nothing(one)}
            return "empty" if not kinds else "raises" if kinds == {ast.Raise} else "there"
    return "none"


def is_nothing(node):
    if isinstance(node, ast.Expr):
        return type(node.value).__name__ in ("Constant", "Str")
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Return) and node.value is None)


class Session:
    """A connection that migrates."""

    def __init__(self, run):
        """:param run: executes one SQL text on a cursor of its own, and returns the first row, if there is one"""
        self.run = run
        self.depth = 0
        self.transaction = None
        self.together = False  # Whether several statements share a transaction.
        # By OID: what is known of each relation, and the columns of those that were there before the run.
        self.known, self.existed = {}, {}
        self.locks, self.held = set(), {}
        self.wal = 0
        self.began = None

    def ask(self, sql):
        start, watched["asking"] = time.perf_counter(), True
        try:
            return self.run(sql)
        finally:
            watched["asking"] = False
            clock.ours += time.perf_counter() - start

    def look(self, question):
        found = json.loads(text_of(self.ask(question)[0]))
        relations, modes = {}, {}
        for oid, label, kind, node, inserted, updated, deleted, held, columns in found["relations"]:
            relations[oid] = Relation(label, kind, node, (inserted, updated, deleted), columns)
            modes[oid] = held or []
        return found["transaction"], found["wal"], relations, modes

    def start(self, sql):
        self.depth += 1
        if self.depth > 1:
            return
        announce()
        if not is_first(sql):
            self.prepare()
        self.began = clock.now()

    def prepare(self):
        """Looks at what is there before a statement, and at what nobody has seen being done."""
        try:
            transaction, wal, relations, modes = self.look(LOOK)
            if transaction == self.transaction:
                self.tell_unseen(wal, relations, modes)
            else:
                self.ended("unseen")
                self.transaction, self.wal, self.known, _ = self.look(SNAPSHOT)
                self.together = self.transaction == transaction
                self.existed = self.there_before()
                self.locks = {(oid, mode) for oid in modes for mode in modes[oid]}
            if watched["count"]:
                self.count_due()
        except Exception as error:
            lost(error)

    def tell_unseen(self, wal, relations, modes):
        effects = self.effects(relations, modes, clock.now())
        if any(effects.values()):
            self.tell_statement("", None, None, None, effects, wal - self.wal, unseen=True)
        self.wal = wal

    def done(self, sql, count, verb=None):
        self.depth = max(0, self.depth - 1)
        if self.depth > 0:
            return
        began, now = self.began, clock.now()
        if self.began is None:
            return
        ms, verb = (now - began) * 1000, verb or verb_of(sql)
        rows = count if isinstance(count, int) and count >= 0 else None
        if is_idle(sql):
            return self.tell_statement(sql, verb, ms, rows, {}, 0)
        try:
            transaction, wal, relations, modes = self.look(LOOK)
            if transaction != self.transaction:
                # It was a transaction of its own, or has ended one: the locks are gone, everything is looked at.
                self.ended("commit")
                self.together = False
                self.transaction, wal, relations, modes = self.look(SNAPSHOT)
                effects = self.effects(relations, None, began)
                self.existed = self.there_before()
            else:
                effects = self.effects(relations, modes, began)
            self.tell_statement(sql, verb, ms, rows, effects, wal - self.wal)
            self.wal = wal
        except Exception as error:
            lost(error)

    def broke(self, sql, error):
        if self.depth > 0 and sql is not None:
            ms = (clock.now() - self.began) * 1000
            self.tell_statement(sql, verb_of(sql), ms, None, {}, 0, failed=state_of(error) or type(error).__name__)
        self.depth = 0

    def there_before(self):
        """The relations, with their columns, that were there before the run: what it has made itself is nobody's yet."""
        if watched["before"] is None:
            watched["before"] = {oid: set(one.columns or {}) for oid, one in self.known.items()}
        return watched["before"]

    def effects(self, relations, modes, began):
        """
        What is another thing than it was.

        :param modes: the locks that are held now; none: `relations` are all that there are
        """
        found = {"locks": [], "rewritten": [], "dropped": [], "retyped": [], "changed": []}
        if modes is None:
            for oid in [oid for oid in self.known if oid not in relations]:
                self.gone(oid, found)
        for oid, now in relations.items():
            before = self.known.get(oid)
            for mode in modes[oid] if modes is not None else []:
                if (oid, mode) not in self.locks:
                    self.locks.add((oid, mode))
                    lock = self.lock_of(oid, before, now, mode)
                    if lock:
                        self.held[oid, mode] = dict(lock, began=began, number=watched["number"] + 1,
                                                    revision=revision_of(course["running"]))
                        found["locks"].append(lock)
            if now.label is None:
                self.gone(oid, found)
                continue
            self.compare(oid, before, now, found)
            if now.columns is None and before is not None:
                now.columns = before.columns
            self.known[oid] = now
        if modes is not None:
            self.released(modes)
        return found

    def lock_of(self, oid, before, now, mode):
        one = now if now.label is not None else before
        existed = oid in self.existed
        # Of an index only this one keeps others away from its table.
        is_index = one is not None and one.kind in "iI" and existed and mode == "AccessExclusiveLock"
        if one is None or one.kind not in "rpmfv" and not is_index:
            return None
        return {"relation": one.label, "relationKind": one.kind, "mode": mode, "existed": existed}

    def gone(self, oid, found):
        before = self.known.pop(oid, None)
        if before is not None and before.holds_rows and oid in self.existed:
            found["dropped"].append({"relation": before.label, "column": None, "rows": rows_of(oid)})
        counts.pop(oid, None)
        if before is not None:
            watched["gone"].append(before.label)

    def compare(self, oid, before, now, found):
        written = tuple(n - b for n, b in zip(now.written, before.written if before else (0, 0, 0)))
        touched = before is None or any(written)
        # Below zero: the server has counted what was pending.
        if now.holds_rows and any(n > 0 for n in written):
            inserted, updated, deleted = (max(0, n) for n in written)
            found["changed"].append(
                {"relation": now.label, "inserted": inserted, "updated": updated, "deleted": deleted,
                 "existed": oid in self.existed}
            )
        if before is not None and before.label != now.label:
            watched["gone"].append(before.label)
            touched = True
        if before is not None and before.node != now.node and now.kind in "rm":
            was = rows_of(oid)
            left = self.recount(oid, now) if watched["count"] and now.holds_rows else None
            found["rewritten"].append(
                {"relation": now.label, "relationKind": now.kind, "existed": oid in self.existed, "rows": was, "left": left}
            )
            touched = True
        if before is not None and before.columns and now.columns is not None and before.columns != now.columns:
            touched = True
            for number, (name, type_, modifier, words) in before.columns.items():
                after = now.columns.get(number)
                if not now.holds_rows or number not in self.existed.get(oid, ()):
                    continue
                if after and after[1:3] == [type_, modifier]:
                    continue
                what = {"relation": now.label, "column": name, "rows": values_of(oid, number)}
                if after is None:
                    found["dropped"].append(what)
                else:
                    found["retyped"].append(dict(what, **{"from": words, "to": after[3]}))
        elif before is not None and before.columns is None and now.columns is not None:
            touched = True
        if touched and now.holds_rows and changed_since is not None:
            changed_since.add(oid)

    def released(self, modes):
        kept = {(oid, mode) for oid in modes for mode in modes[oid]}
        self.locks &= kept
        self.tell_held("savepoint", [key for key in self.held if key not in kept])

    def ended(self, how):
        self.tell_held(how, list(self.held))
        self.locks = set()
        if how != "unseen":
            self.transaction = None

    def tell_held(self, how, keys):
        now = clock.now()
        locks = []
        for key in keys:
            lock = self.held.pop(key)
            locks.append(dict(lock, ms=round((now - lock.pop("began")) * 1000, 1)))
        if locks:
            say(watched={"kind": "held", "how": how, "locks": locks})

    def tell_statement(self, sql, verb, ms, rows, effects, wal, **more):
        if rows is None and effects.get("changed"):
            rows = sum(one[name] for one in effects["changed"] for name in ("inserted", "updated", "deleted"))
        watched["number"] += 1
        tell(
            "statement",
            number=watched["number"],
            sha256=None if verb is None else hash_of(sql),
            verb=verb,
            ms=None if ms is None else round(ms, 1),
            rows=rows,
            wal=max(0, wal),
            together=self.together,
            **dict({"locks": [], "rewritten": [], "dropped": [], "retyped": [], "changed": []}, **effects),
            **more
        )

    def absorb(self):
        """Behind what alembic itself has written down: that is no step of the migration."""
        if self.transaction is None:
            return
        try:
            transaction, wal, relations, modes = self.look(LOOK)
            if transaction == self.transaction:
                before = set(self.held)
                self.effects(relations, modes, clock.now())
                self.held = {key: lock for key, lock in self.held.items() if key in before}
                self.wal = wal
        except Exception as error:
            lost(error)

    def close_revision(self):
        """Before alembic writes down that the revision is done: the last look at what it did."""
        if not watched["count"] and self.transaction is None:
            return
        self.prepare()

    def count_due(self):
        """Counts all tables before the first revision, and at the end of each one those that it has changed."""
        global changed_since
        tables = {oid: one for oid, one in self.known.items() if one.holds_rows}
        first = changed_since is None
        if not first and not watched["closing"]:
            return
        due = set(tables) if first else changed_since & set(tables)
        before = {oid: counts.get(oid) for oid in due}
        for oid in due:
            counts[oid] = self.count(tables[oid])
        emptied = [
            {"relation": tables[oid].label, "column": tables[oid].columns[number][0], "rows": rows}
            for oid in due & set(self.existed)
            for number, rows in emptied_of(before[oid], counts[oid])
            if number in (tables[oid].columns or {})
        ]
        tell(
            "rows",
            at="before" if first else "after",
            rows={tables[oid].label: rows_of(oid) for oid in due},
            gone=watched["gone"],
            emptied=emptied,
        )
        changed_since = set()
        watched["gone"] = []

    def recount(self, oid, now):
        counts[oid] = self.count(now)
        return rows_of(oid)

    def count(self, relation):
        """:return: the rows of a table, and the values of each column; None if they cannot be counted"""
        numbers = sorted(relation.columns or {}, key=int)
        names = ['"%s"' % relation.columns[number][0].replace('"', '""') for number in numbers]
        sql = "%s SELECT %s FROM ONLY %s" % (
            NOTE,
            ", ".join(["pg_catalog.count(*)"] + ["pg_catalog.count(%s)" % name for name in names]),
            relation.label,
        )
        try:
            with self.rolled_back():
                row = self.ask(sql)
        except Exception:
            return None
        return row[0], dict(zip(numbers, row[1:]))

    @contextlib.contextmanager
    def rolled_back(self):
        """In a transaction: what fails in here does not abort it, and locks do not stay."""
        if not self.together:
            yield
            return
        self.ask("SAVEPOINT makesafe_watch")
        try:
            self.ask("SET LOCAL statement_timeout = 0")
            yield
        finally:
            self.ask("ROLLBACK TO SAVEPOINT makesafe_watch")
            self.ask("RELEASE SAVEPOINT makesafe_watch")


def rows_of(oid):
    counted = counts.get(oid)
    return counted[0] if counted else None


def values_of(oid, number):
    counted = counts.get(oid)
    return counted[1].get(number) if counted else None


def emptied_of(before, after):
    """Columns that have lost values which did not go with their rows."""
    if not before or not after:
        return
    fewer = max(0, before[0] - after[0])
    for number, values in before[1].items():
        gone = values - after[1].get(number, values) - fewer
        if gone > 0:
            yield number, gone


def text_of(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def lost(error):
    """A look that failed: what was done is not known, and that is said. In a transaction that has failed nobody can look."""
    if state_of(error) != ABORTED:
        tell("lost", why="%s: %s" % (type(error).__name__, str(error).strip().split("\n")[0][:200]))


def state_of(error):
    """SQLSTATE, as each driver has it."""
    for one in causes(error):
        of_pg8000 = one.args[0].get("C") if one.args and isinstance(one.args[0], dict) else None
        for state in (getattr(one, "sqlstate", None), getattr(one, "pgcode", None), of_pg8000):
            if isinstance(state, str):
                return state
    return None


def session_of(connection, make):
    try:
        if connection not in sessions:
            sessions[connection] = watched["session"](make())
        return sessions[connection]
    except TypeError:
        # SQLAlchemy's adapters of asynchronous drivers take no weak reference.
        if id(connection) not in sessions_by_id:
            sessions_by_id[id(connection)] = (connection, watched["session"](make()))
        return sessions_by_id[id(connection)][1]


def asker(cursor_of, **how):
    def run(sql):
        cursor = cursor_of()
        try:
            cursor.execute(sql, **how)
            return cursor.fetchone() if cursor.description else None
        finally:
            cursor.close()

    return run


def session_of_engine(conn):
    fairy = conn.connection
    driver = getattr(fairy, "dbapi_connection", None) or fairy.connection
    return session_of(driver, lambda: plain_asker(driver, conn.dialect.driver))


def plain_asker(connection, driver=""):
    """Asks with a cursor that returns tuples, whatever kind the connection usually makes."""
    extensions, psycopg = sys.modules.get("psycopg2.extensions"), sys.modules.get("psycopg")
    if extensions and isinstance(connection, extensions.connection):
        return asker(lambda: extensions.cursor(connection))
    # Not prepared: a statement of ours would stay on the server.
    if psycopg and isinstance(connection, psycopg.Connection):
        return asker(lambda: connection.cursor(row_factory=psycopg.rows.tuple_row), prepare=False)
    run, asked = asker(connection.cursor), [0]
    if not driver.startswith("psycopg"):
        return run

    def run_anew(sql):
        # What is another text each time is not prepared either.
        asked[0] += 1
        return run("%s /* %d */" % (sql, asked[0]))

    return run_anew


def watch_engine():
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    @event.listens_for(Engine, "before_cursor_execute")
    def started(conn, cursor, statement, parameters, context, many):
        if is_watched():
            session_of_engine(conn).start(statement)

    @event.listens_for(Engine, "after_cursor_execute")
    def executed(conn, cursor, statement, parameters, context, many):
        if is_watched():
            session_of_engine(conn).done(statement, cursor.rowcount)

    @event.listens_for(Engine, "handle_error")
    def failed(context):
        conn = context.connection
        if is_watched() and conn is not None and not conn.closed and not conn.invalidated:
            session_of_engine(conn).broke(context.statement, context.original_exception)

    def ended(how):
        def listener(conn):
            if conn.closed or conn.invalidated:
                return
            session_of_engine(conn).ended(how)

        return listener

    event.listen(Engine, "commit", ended("commit"))
    event.listen(Engine, "rollback", ended("rollback"))


def around(session, sql, verb, run, cursor):
    if is_idle(sql):
        return run()  # SQLAlchemy and the drivers do so by themselves.
    session.start(sql)
    try:
        result = run()
    except Exception as error:
        if session.depth == 1:
            session.broke(sql, error)
        raise
    session.done(sql, cursor.rowcount, verb)
    return result


def watch_psycopg2(module):
    """Statements that go past SQLAlchemy. The kind of cursor that a connection makes is one of ours."""
    plain = module._connect
    cursors = {}

    def watched_cursor(base):
        class cursor(base):
            pass

        def method(name, verb=None):
            def call(self, sql, *args, **options):
                run = functools.partial(getattr(base, name), self, sql, *args, **options)
                if not is_watched():
                    return run()
                connection = self.connection
                session = session_of(connection, lambda: plain_asker(connection))
                return around(session, str(sql), verb, run, self)

            return functools.wraps(getattr(base, name))(call)

        for name in ("execute", "executemany", "copy_expert"):
            setattr(cursor, name, method(name))
        for name in ("copy_from", "copy_to"):
            setattr(cursor, name, copy(base, name))
        return cursor

    def copy(base, name):
        def call(self, file, table, *args, **options):
            run = functools.partial(getattr(base, name), self, file, table, *args, **options)
            if not is_watched():
                return run()
            connection = self.connection
            session = session_of(connection, lambda: plain_asker(connection))
            return around(session, "%s %s" % (name, table), "COPY", run, self)

        return functools.wraps(getattr(base, name))(call)

    @functools.wraps(plain)
    def connect(*args, **options):
        connection = plain(*args, **options)
        base = connection.cursor_factory or module.extensions.cursor
        if isinstance(base, type):
            if base not in cursors:
                cursors[base] = watched_cursor(base)
            connection.cursor_factory = cursors[base]
        return connection

    module._connect = connect


def watch_psycopg(module):
    """Statements that go past SQLAlchemy on a connection that is not asynchronous."""

    def session_for(cursor):
        connection = cursor.connection
        return session_of(connection, lambda: plain_asker(connection))

    def patch(name):
        plain = getattr(module.Cursor, name)

        @functools.wraps(plain)
        def call(self, query, *args, **options):
            run = functools.partial(plain, self, query, *args, **options)
            return around(session_for(self), words(self, query), None, run, self) if is_watched() else run()

        setattr(module.Cursor, name, call)

    def words(cursor, query):
        if isinstance(query, bytes):
            return query.decode("utf-8", "replace")
        return query if isinstance(query, str) else query.as_string(cursor)

    for name in ("execute", "executemany"):
        patch(name)
    plain_copy = module.Cursor.copy

    @functools.wraps(plain_copy)
    def copy(self, statement, *args, **options):
        if not is_watched():
            return plain_copy(self, statement, *args, **options)
        return copied(self, statement, args, options)

    @contextlib.contextmanager
    def copied(cursor, statement, args, options):
        session, sql = session_for(cursor), words(cursor, statement)
        session.start(sql)
        try:
            with plain_copy(cursor, statement, *args, **options) as copying:
                yield copying
        except Exception as error:
            session.broke(sql, error)
            raise
        session.done(sql, cursor.rowcount)

    module.Cursor.copy = copy


def watch_steps():
    from alembic.runtime import migration

    plain = migration.HeadMaintainer.update_to_step

    @functools.wraps(plain)
    def update_to_step(self, step):
        if type(self) is not migration.HeadMaintainer or course["running"] is not step:
            return plain(self, step)
        announce()
        session = session_of_engine(self.context.connection)
        watched["closing"] = True
        try:
            session.close_revision()
        finally:
            watched["closing"] = False
        watched["stamping"] = True
        try:
            result = plain(self, step)
        finally:
            watched["stamping"] = False
        session.absorb()
        return result

    migration.HeadMaintainer.update_to_step = update_to_step


def watch(how):
    """:param how: whether to `count` rows: before and behind each revision all of the tables that have changed"""
    watched.update(count=bool(how.get("count")))
    listen(Session)


def listen(session):
    """:param session: the kind that hears of each statement, before and after it"""
    watched.update(session=session)
    for name, more in [("psycopg2", watch_psycopg2), ("psycopg", watch_psycopg)]:
        DRIVERS[name] = both(DRIVERS[name], more)
    watch_engine()
    watch_steps()


def both(first, second):
    def bind(module):
        first(module)
        second(module)

    return bind
