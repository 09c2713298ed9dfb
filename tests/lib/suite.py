# SPDX-License-Identifier: GPL-2.0-or-later
"""What a test is.

A test is a function in tests/{lint,build,unit,live,screen}/*.py decorated with @test. Its name is a
sentence with underscores. It passes by returning, fails by an exception, and is skipped by raising
Skip. A generator yields the outcomes of several tests that it ran itself (the cmocka programs).
"""

import importlib.util
import os

# In this order: what is cheap and tells most comes first; the end looks at what the others left.
FOLDERS = ("lint", "build", "unit", "live", "screen", "end")


class Skip(Exception):
    """This test cannot run here: reason is one word (GOROUTOP_REQUIRE may name it)."""

    def __init__(self, reason, why):
        super().__init__(why)
        self.reason = reason


class Outcome:
    """What became of one test: passed, failed or skipped."""

    def __init__(self, name, status, detail="", reason="", seconds=0.0):
        self.name, self.status, self.detail = name, status, detail
        self.reason, self.seconds = reason, seconds


class Test:
    def __init__(self, name, function, arguments, timeout, alone):
        self.name, self.function, self.arguments = name, function, arguments
        self.timeout, self.alone = timeout, alone

    def matches(self, words):
        return not words or any(word in self.name for word in words)


def test(function=None, *, timeout=60, alone=False, each=None, call=None):
    """Marks a test.

    timeout  seconds, after which it and everything that it started is killed: a failure
    alone    no other test at the same time: probes, screens, measuring
    each     a function that gives a list of arguments: a test for each of them, named `call(argument)`
    """

    def mark(f):
        f.is_test = dict(timeout=timeout, alone=alone, each=each, call=call or str)
        return f

    return mark(function) if function else mark


def discover(root):
    """All tests, in the order in which they are to run."""
    tests = []
    for folder in FOLDERS:
        directory = os.path.join(root, folder)
        for file in sorted(os.listdir(directory)) if os.path.isdir(directory) else []:
            if file.endswith(".py"):
                tests += load(directory, file, f"{folder}/{file[:-3]}")
    return tests


def load(directory, file, name):
    spec = importlib.util.spec_from_file_location(name.replace("/", "_"), os.path.join(directory, file))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tests = []
    for function in vars(module).values():
        mark = getattr(function, "is_test", None)
        if mark is None or function.__module__ != module.__name__:
            continue
        sentence = f"{name}: {function.__name__.replace('_', ' ')}"
        if mark["each"] is None:
            tests.append(Test(sentence, function, (), mark["timeout"], mark["alone"]))
            continue
        for argument in mark["each"]():
            tests.append(Test(f"{sentence} ({mark['call'](argument)})", function, (argument,),
                              mark["timeout"], mark["alone"]))
    return tests
