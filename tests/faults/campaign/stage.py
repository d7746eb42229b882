"""One actor at a time: workers are threads that hand a baton back at each pause, so a seed decides who goes on.

A worker pauses before and after each call to a remote system and before each statement outside of a transaction. It
never pauses while it holds a lock: nobody else could go on. It can be made to die at a pause or before any statement,
inside of a transaction too; what was not committed is gone, as it is when a process is killed. PostgreSQL can be made
to refuse a statement of a transaction, with any SQLSTATE.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connection

from tenants import schema


class Crash(BaseException):
    """The process is gone. Nothing catches it."""


class Worker:
    """A worker process, as far as its work is concerned: a thread with a database connection of its own."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.failure = ""
        self.kind = ""  # of work: "poll", "deliver", ...
        self.is_at_call = self.is_before_write = False
        self._task: Callable[[], object] | None = None
        self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._locks = self._is_watched = 0
        self._dies_in: int | None = None
        self._dies_here = False
        self._is_cut_in: int | None = None
        self._refused_in: int | None = None
        self._code = self.refused = ""
        self.was_refused = False  # a statement of this task
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)
        self._thread.start()

    # For whoever directs: the main thread

    @property
    def is_idle(self) -> bool:
        return self._task is None

    def begin(self, task: Callable[[], object]) -> None:
        """Takes a task; nothing of it is done before the first `step`."""
        self._task, self.failure, self.was_refused = task, "", False

    def step(self) -> None:
        """Goes on to the next pause, or to the end of the task."""
        self._go.release()
        self._back.acquire()

    def die(self, statements: int | None = None) -> None:
        """Dies where it pauses now, or before the n-th statement from here."""
        if statements is None:
            self._dies_here = True
            self.step()
        else:
            self._dies_in = statements

    def cut_off(self, statements: int) -> None:
        """The database closes the connection before the n-th statement from here."""
        self._is_cut_in = statements

    def refuse(self, statements: int, code: str) -> None:
        """The database refuses the n-th statement from here that stands in a transaction, with this SQLSTATE."""
        self._refused_in, self._code = statements, code

    def leave(self) -> None:
        """Ends the thread. To be called while it is idle."""
        self._task = lambda: None
        self._thread_ends = True
        self._go.release()
        self._thread.join()

    _thread_ends = False

    # For the code that runs in it

    def pause(self, *, at_call: bool = False, before_write: bool = False) -> None:
        """Hands the baton back, unless others would have to wait for what is held here."""
        if self._locks or connection.in_atomic_block:
            return
        self.is_at_call, self.is_before_write = at_call, before_write
        self._back.release()
        self._go.acquire()
        if self._dies_here:
            raise Crash

    def hold(self, locks: int) -> None:
        """So many more locks are held (or fewer): there is no pause with any of them."""
        self._locks += locks
        self._is_watched += locks

    def _live(self) -> None:
        while True:
            self._go.acquire()
            if self._thread_ends:
                connection.close()
                return
            self._run()
            self._task = None
            self._locks, self._is_watched = 0, 0
            self._dies_in, self._is_cut_in, self._refused_in, self._dies_here = None, None, None, False
            self._back.release()

    def _run(self) -> None:
        assert self._task is not None
        try:
            schema.use_public()
            connection.ensure_connection()
            with ExitStack() as stack:
                stack.enter_context(connection.execute_wrapper(self._statement))
                self._task()
        except Crash:
            self.failure = "killed"
            connection.close()
        except Exception as error:
            self.failure = f"{type(error).__name__}: {error}"
            connection.close()

    def _statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Around each statement: a pause, a death or a cut, and which session locks are held."""
        if self._is_watched:
            return execute(sql, params, many, context)
        self.pause()
        self._dies_in = _counted(self._dies_in)
        if self._dies_in == 0:
            raise Crash
        self._is_cut_in = _counted(self._is_cut_in)
        if self._is_cut_in == 0 and connection.connection is not None:
            connection.connection.close()
        if connection.in_atomic_block:
            self._refused_in = _counted(self._refused_in)
            if self._refused_in == 0:
                self.refused, self.was_refused = self._code, True
                execute(_REFUSAL.format(code=self._code), None, False, context)
        done = execute(sql, params, many, context)
        text = str(sql)
        self._locks += text.count("pg_advisory_lock(") - text.count("pg_advisory_unlock(")
        return done


_REFUSAL = "DO $$ BEGIN RAISE EXCEPTION 'injected' USING ERRCODE = '{code}'; END $$"


def _counted(left: int | None) -> int | None:
    return None if left is None else left - 1


def current() -> Worker | None:
    """The worker whose code asks; None in the main thread."""
    thread = threading.current_thread()
    return _workers.get(thread.name) if isinstance(thread, threading.Thread) else None


@contextmanager
def unpaused() -> Iterator[None]:
    """What is asked inside is asked by whoever watches, not by the worker: it does not pause there."""
    worker = current()
    if worker is not None:
        worker.hold(1)
    try:
        yield
    finally:
        if worker is not None:
            worker.hold(-1)


_workers: dict[str, Worker] = {}


def hire(name: str) -> Worker:
    """A worker of that name; kept for the next history, since threads and connections cost time."""
    if name not in _workers:
        _workers[name] = Worker(name)
    return _workers[name]


def dismiss_all() -> None:
    """Ends all workers' threads."""
    while _workers:
        _workers.popitem()[1].leave()
