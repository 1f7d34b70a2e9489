"""What a test has told one account of the rig: its virtual time, delays, states, faults, and what it was asked.

Each account is a world of its own, so tests that change things share a server without meeting. An access key
`AKIA` + account id + four letters belongs to that account.
"""

import datetime
import itertools
import re
import threading
import time

ACCOUNT_KEY = re.compile(r"^AKIA(\d{12})[A-Z]{4}$")
DEFAULT_REGION = "us-east-1"

# Between two steps of a virtual time that follows the real clock.
STEP_S = 0.05
# Virtual seconds, 0 is moto's own behaviour. A target drains for its group's attribute unless told otherwise.
DEFAULT_DELAYS = {"instance_pending": 0, "target_initial": 0, "target_draining": None, "image_pending": 0}


class World:
    """One account. `lock` guards every member; who holds `turn` too has moto's own members to itself."""

    def __init__(self, account):
        self.account = account
        self.turn = threading.RLock()
        self.lock = threading.RLock()
        self.now = 0.0
        # How far the server's clock is ahead of the real one.
        self.ahead = 0.0
        self.factor = 0.0
        self.running = None
        self.delays = dict(DEFAULT_DELAYS)
        self.timers = []
        self.timer_order = itertools.count()
        # By (target group ARN, target id).
        self.told_health = {}
        self.initial_until = {}
        self.draining_until = {}
        # By instance id: what is registered once the instance runs.
        self.awaiting_start = {}
        self.in_use = set()
        # By (region, group name).
        self.refreshes = {}
        self.activities = {}
        # Instances that a lifecycle hook keeps.
        self.waiting = []
        # By client token: what was asked, and what was answered.
        self.template_tokens = {}
        # Zones without capacity, and alarm states by name.
        self.full_zones = set()
        self.alarms = {}
        self.root_volume_tasks = []
        self.deregistered_images = {}
        self.page_size = None
        self.empty_pages = False
        self.log = []
        self.in_flight = 0
        self.faults = []

    def server_time(self):
        """The server's clock: the real one, moved on by what a test advanced."""
        return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.ahead)

    def after(self, delay, action):
        """Runs `action` when `delay` virtual seconds have passed; at once for none."""
        with self.lock:
            if not delay:
                action()
            else:
                self.timers.append((self.now + delay, next(self.timer_order), action))

    def advance(self, seconds):
        """Moves time on, the server's clock too. What falls due happens in order, each at its own instant."""
        with self.turn, self.lock:
            self._pass(seconds, 1)

    def _pass(self, seconds, clock):
        end = self.now + seconds
        while due := sorted(timer for timer in self.timers if timer[0] <= end):
            at, _, action = due[0]
            self.timers.remove(due[0])
            self._reach(at, clock)
            action()
        self._reach(end, clock)

    def _reach(self, at, clock):
        self.ahead += (at - self.now) * clock
        self.now = at

    def run(self, factor):
        """Lets virtual time follow the real clock, `factor` virtual seconds for each of its seconds; 0 stops it.

        The server's clock keeps real time meanwhile: who judges the age of a lease by it must not be hurried.
        """
        with self.lock:
            self.factor = factor
            if factor and self.running is None:
                self.running = threading.Thread(target=self._follow_the_clock, daemon=True)
                self.running.start()

    def _follow_the_clock(self):
        before = time.monotonic()
        while True:
            time.sleep(STEP_S)
            now = time.monotonic()
            with self.turn, self.lock:
                if not self.factor:
                    self.running = None
                    return
                self._pass((now - before) * self.factor, 0)
            before = now


class Worlds:
    """All accounts, made when first named."""

    def __init__(self):
        self._lock = threading.Lock()
        self._worlds = {}

    def of(self, account):
        with self._lock:
            if account not in self._worlds:
                self._worlds[account] = World(account)
            return self._worlds[account]
