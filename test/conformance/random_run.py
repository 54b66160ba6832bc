# SPDX-License-Identifier: BSD-3-Clause
"""Random rulesets in turn, each with what is sent through it, until one that fails; and what remains of a failure."""
import random

from shrink import delta_debug

REPORTS = 12


class RandomRun:
    """A run of one kind, the same for the same seed. `stage`: attempt(rules, given) returns an Outcome; close()."""

    name = None  # as its rulesets are called
    row_name = None

    def __init__(self, stage, arguments):
        self.stage = stage
        self.arguments = arguments
        self.passed = self.failed = self.matches = self.explained = 0
        self.kinds = set()  # of failures that were reported

    def draw(self, r):
        """Returns (ruleset, what is given to attempt())."""
        raise NotImplementedError

    def count(self, given):
        """Counts what attempt() has done."""
        raise NotImplementedError

    def is_done(self):
        raise NotImplementedError

    def find_out(self, number, rules, given):
        """Prints what remains of the failure with the fewest rules, statements and packets or messages."""
        raise NotImplementedError

    def run(self):
        try:
            while not self.is_done():
                if not self.judge(self.passed + self.failed) and not self.arguments.keep_going:
                    return
        finally:
            self.stage.close()

    def judge(self, number):
        """Returns whether the ruleset passed."""
        rules, given = self.draw(random.Random(f"{self.arguments.seed} {self.name} {number}"))
        try:
            outcome = self.stage.attempt(rules, given)
        except ValueError as error:
            print(f"FAIL {self.name} {number}: the generator made what nft refuses: {error}\n{rules.text(False)}")
            self.failed += 1
            return False
        self.count(given)
        self.matches += outcome.matches
        self.explained += outcome.explained
        if not outcome:
            self.passed += 1
            return True
        self.failed += 1
        if len(self.kinds) < REPORTS:
            self.find_out(number, rules, given)
        return False

    def fails(self, rules, given):
        try:
            return bool(self.stage.attempt(rules, given))
        except ValueError:  # what is left is no ruleset
            return False

    def smallest(self, rules, given):
        """Returns the ruleset with the fewest rules and statements that still fails."""
        rules = rules.only(delta_debug(rules.parts(), lambda few: self.fails(rules.only(few), given)))
        kept = delta_debug(rules.statements(), lambda few: self.fails(rules.only_statements(few), given))
        return rules.only_statements(kept) if kept and self.fails(rules.only_statements(kept), given) else rules

    def text_row(self, packets, of):
        """Returns the row of the table, as those of the categories."""
        return (f"{self.row_name:16} {packets:9} {self.matches + self.explained:9} {self.matches:9} "
                f"{self.explained:9} {self.failed:9}   of {of}")


def print_ruleset(rules):
    print("  ruleset:\n    " + rules.text(exempt=False).rstrip().replace("\n", "\n    "), flush=True)


def compared(run, ringroad):
    """Returns the run after its end; None if the router was built without a firewall."""
    if error := ringroad.ask("show", "firewall")[1]:
        print(f"{run.row_name}: not compared: {error}")
        return None
    run.run()
    return run
