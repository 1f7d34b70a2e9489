//! Two operators and one store, in every order in which things can happen: the real rules, searched for two writers.
//!
//! Requests arrive late, after they were given up, or never; answers are lost; operators stand still for as long as
//! they like between any two of their deeds, which is also what a crash looks like from outside. What an operator
//! decides is decided by `rules` and by nothing else. Time passes in steps of 15 s; the ages that are kept are those
//! that still matter. A session that takes over from itself is not in it: that is one person's own order.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use super::rules::{Age, Fate, Grip, Newest, Proof, Sight, Taking, taking};

/// Time that passes at once.
const TICK: Duration = Duration::from_secs(15);
/// An age that is older than everything that matters, in ticks.
const OLD: u8 = 5;

/// The head of an epoch. Of those that are not the newest, nobody asks the age.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Head {
    version: u64,
    age: u8,
    released: bool,
    owner: usize,
}

/// A grip whose beginning is told as an age.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Held {
    epoch: u64,
    version: u64,
    began: u8,
}

/// What an operator waits for or is about to do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Doing {
    Nothing,
    /// The newest epoch was asked for; what the store said is on its way back.
    Looking(Option<(u64, Option<Newest>)>),
    /// The next epoch is to be created; `began` is the age of the request, then whether it was.
    Creating {
        epoch: u64,
        began: u8,
        created: Option<bool>,
    },
    /// Whether an epoch that may have been created is one's own.
    Recalling {
        epoch: u64,
        began: u8,
    },
    /// The head is to be written; then the version it got.
    Renewing {
        began: u8,
        version: Option<u64>,
    },
    /// What became of a write whose answer was lost.
    ReadingBack {
        began: u8,
    },
    /// The own epoch and the next were asked for; then what the store showed.
    Proving(Option<Sight>),
    /// It is proven that the lease is held; nothing is sent yet.
    Proven,
    /// A call to the cluster is on its way.
    Calling,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Operator {
    held: Option<Held>,
    doing: Doing,
    /// For how many ticks its request has been on its way.
    flight: u8,
    /// The age of the oldest request of its own that may have created the epoch it wants.
    tried: Option<u8>,
    /// How often it may still ask who holds the lease, renew its own, and change the cluster.
    looks: u8,
    renewals: u8,
    calls: u8,
    /// Whether the next epoch was there when the store was asked for the proof of this call.
    proof_was_stale: bool,
}

/// A request nobody waits for any more.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
enum Ghost {
    Create { epoch: u64, owner: usize },
    Put { epoch: u64 },
    Call { epoch: u64, owner: usize, proof_was_stale: bool },
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct World {
    heads: Vec<Head>,
    operators: [Operator; 2],
    /// With the ticks for which each has been on its way.
    ghosts: Vec<(Ghost, u8)>,
    /// The newest epoch that changed the cluster.
    wrote: u64,
    /// Calls of each operator that landed after a newer epoch's first.
    stale: [u8; 2],
    /// Whether one of them was sent on a proof that was stale when the store gave it.
    outside: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Deed {
    /// 15 s pass.
    Pass,
    Look(usize),
    Renew(usize),
    Prove(usize),
    Call(usize),
    /// Gives the lease back; the answer is not waited for.
    Release(usize),
    /// The store, or the load balancer, does what is on its way to it.
    Arrive(usize),
    /// The answer reaches the operator.
    Answer(usize),
    /// The operator waits no longer; what it sent may still arrive.
    GiveUp(usize),
    /// A request that nobody waits for arrives after all.
    Haunt(usize),
}

/// What is searched.
struct Rivals {
    /// For how many ticks a request is on its way at most; `None`: for as long as it likes.
    patience: Option<u8>,
}

impl Held {
    fn grip(self) -> Grip {
        Grip { epoch: self.epoch, version: self.version, began: moment(self.began) }
    }
}

/// Now, for whom everything began some ticks ago.
const NOW: Duration = Duration::from_secs(1000);

fn moment(age: u8) -> Duration {
    NOW.saturating_sub(TICK * u32::from(age))
}

fn older(age: u8) -> u8 {
    (age + 1).min(OLD)
}

impl Operator {
    fn new(looks: u8, renewals: u8, calls: u8) -> Self {
        Self {
            held: None,
            doing: Doing::Nothing,
            flight: 0,
            tried: None,
            looks,
            renewals,
            calls,
            proof_was_stale: false,
        }
    }

    fn begin(&mut self, doing: Doing) {
        (self.doing, self.flight) = (doing, 0);
    }

    /// It writes nothing any more on this lease.
    fn lose(&mut self) {
        self.held = None;
        self.begin(Doing::Nothing);
    }

    fn is_in_time(&self) -> bool {
        self.held.is_some_and(|held| held.grip().is_in_time(NOW))
    }

    /// Whether its request has not arrived yet.
    fn is_on_the_way(&self) -> bool {
        matches!(
            self.doing,
            Doing::Looking(None)
                | Doing::Creating { created: None, .. }
                | Doing::Renewing { version: None, .. }
                | Doing::Recalling { .. }
                | Doing::ReadingBack { .. }
                | Doing::Proving(None)
                | Doing::Calling
        )
    }

    fn is_answered(&self) -> bool {
        matches!(
            self.doing,
            Doing::Looking(Some(_))
                | Doing::Creating { created: Some(_), .. }
                | Doing::Renewing { version: Some(_), .. }
                | Doing::Proving(Some(_))
        )
    }
}

impl World {
    fn newest(&self) -> u64 {
        self.heads.len() as u64
    }

    fn head(&mut self, epoch: u64) -> &mut Head {
        &mut self.heads[usize::try_from(epoch).unwrap() - 1]
    }

    fn create(&mut self, epoch: u64, owner: usize) -> bool {
        let created = self.newest() + 1 == epoch;
        if created {
            self.heads.iter_mut().for_each(|head| head.age = OLD);
            self.heads.push(Head { version: 1, age: 0, released: false, owner });
        }
        created
    }

    fn put(&mut self, epoch: u64) -> u64 {
        let age = if epoch == self.newest() { 0 } else { OLD };
        let head = self.head(epoch);
        head.version += 1;
        head.age = age;
        head.version
    }

    /// A call changes the cluster.
    fn land(&mut self, epoch: u64, owner: usize, proof_was_stale: bool) {
        if epoch < self.wrote {
            self.stale[owner] += 1;
            self.outside |= proof_was_stale;
        }
        self.wrote = self.wrote.max(epoch);
    }

    /// What the store does with a request.
    fn arrive(&mut self, who: usize) {
        let operator = self.operators[who].clone();
        let epoch = operator.held.map_or(0, |held| held.epoch);
        let doing = match operator.doing {
            Doing::Looking(None) => {
                let newest = self.heads.last().map(|head| Newest {
                    released: head.released,
                    ours: false,
                    newer_schema: false,
                    age: Age::Told(TICK * u32::from(head.age)),
                });
                Doing::Looking(Some((self.newest(), newest)))
            }
            Doing::Creating { epoch, began, created: None } => {
                Doing::Creating { epoch, began, created: Some(self.create(epoch, who)) }
            }
            Doing::Renewing { began, version: None } => {
                Doing::Renewing { began, version: Some(self.put(epoch)) }
            }
            Doing::Proving(None) => {
                let next = self.newest() > epoch;
                self.operators[who].proof_was_stale = next;
                Doing::Proving(Some(Sight { mine: Some(self.head(epoch).version), next }))
            }
            Doing::Recalling { epoch, began } => {
                let ours = self.newest() >= epoch && self.head(epoch).owner == who;
                let operator = &mut self.operators[who];
                operator.held = ours.then_some(Held { epoch, version: 1, began });
                operator.tried = operator.tried.filter(|_| !ours);
                Doing::Nothing
            }
            Doing::ReadingBack { began } => {
                let version = self.head(epoch).version;
                let held = &mut self.operators[who].held;
                let grip = held.map(Held::grip);
                match grip.map(|grip| grip.fate(Some(version), version == grip.version + 1)) {
                    Some(Fate::Applied) => *held = held.map(|held| Held { version, began, ..held }),
                    Some(Fate::NotYet) => {}
                    Some(Fate::Stranger) | None => *held = None,
                }
                Doing::Nothing
            }
            Doing::Calling => {
                self.land(epoch, who, operator.proof_was_stale);
                Doing::Nothing
            }
            other => other,
        };
        self.operators[who].begin(doing);
    }

    /// What an operator makes of an answer.
    fn answer(&mut self, who: usize) {
        let operator = &mut self.operators[who];
        match operator.doing {
            Doing::Looking(Some((epoch, newest))) => {
                let free = newest.is_none_or(|newest| taking(&newest) == Taking::Free);
                operator.looks -= u8::from(free);
                operator.begin(if free {
                    Doing::Creating { epoch: epoch + 1, began: 0, created: None }
                } else {
                    Doing::Nothing
                });
            }
            Doing::Creating { epoch, began, created: Some(created) } => {
                operator.held = created.then_some(Held { epoch, version: 1, began });
                operator.begin(Doing::Nothing);
            }
            Doing::Renewing { began, version: Some(version) } => {
                let held = operator.held.and_then(|held| {
                    let grip = held.grip().renewed(version, moment(began))?;
                    Some(Held { version: grip.version, began, ..held })
                });
                operator.held = held;
                operator.begin(Doing::Nothing);
            }
            Doing::Proving(Some(sight)) => match operator.held.map(|held| held.grip().proof(sight)) {
                Some(Proof::Mine) => operator.begin(Doing::Proven),
                Some(Proof::Stale) => operator.begin(Doing::Nothing),
                Some(Proof::Overtaken | Proof::Stranger) | None => operator.lose(),
            },
            _ => {}
        }
    }

    /// Nobody waits any longer for a request or its answer.
    fn give_up(&mut self, who: usize) {
        let operator = &mut self.operators[who];
        let (epoch, flight) = (operator.held.map_or(0, |held| held.epoch), operator.flight);
        match operator.doing {
            Doing::Creating { epoch, began, created } => {
                let began = operator.tried.map_or(began, |tried| tried.max(began));
                operator.tried = Some(began);
                operator.begin(Doing::Recalling { epoch, began });
                if created.is_none() {
                    self.ghosts.push((Ghost::Create { epoch, owner: who }, flight));
                }
            }
            Doing::Renewing { began, version } => {
                operator.begin(Doing::ReadingBack { began });
                if version.is_none() {
                    self.ghosts.push((Ghost::Put { epoch }, flight));
                }
            }
            Doing::Calling => {
                // What became of it is read back, and nothing follows on this lease.
                let proof_was_stale = operator.proof_was_stale;
                operator.lose();
                self.ghosts.push((Ghost::Call { epoch, owner: who, proof_was_stale }, flight));
            }
            _ => operator.begin(Doing::Nothing),
        }
        self.ghosts.sort_unstable();
    }

    fn haunt(&mut self, nth: usize) {
        match self.ghosts.remove(nth).0 {
            Ghost::Create { epoch, owner } => drop(self.create(epoch, owner)),
            Ghost::Put { epoch } => drop(self.put(epoch)),
            Ghost::Call { epoch, owner, proof_was_stale } => self.land(epoch, owner, proof_was_stale),
        }
    }

    fn pass(&mut self, patience: Option<u8>) {
        if let Some(head) = self.heads.last_mut() {
            head.age = older(head.age);
        }
        for operator in &mut self.operators {
            if patience.is_some() && operator.is_on_the_way() {
                operator.flight += 1;
            }
            if let Some(tried) = &mut operator.tried {
                *tried = older(*tried);
            }
            if let Some(held) = &mut operator.held {
                held.began = older(held.began);
            }
            match &mut operator.doing {
                Doing::Creating { began, .. }
                | Doing::Recalling { began, .. }
                | Doing::Renewing { began, .. }
                | Doing::ReadingBack { began } => *began = older(*began),
                _ => {}
            }
        }
        if let Some(patience) = patience {
            self.ghosts.iter_mut().for_each(|(_, flight)| *flight += 1);
            self.ghosts.retain(|(_, flight)| *flight <= patience);
        }
    }
}

impl Rivals {
    fn init_states(&self) -> Vec<World> {
        let world = |operators| World {
            heads: Vec::new(),
            operators,
            ghosts: Vec::new(),
            wrote: 0,
            stale: [0, 0],
            outside: false,
        };
        // Who tries again only asks what a lost answer leaves, which does not hang on how long requests take.
        let tries = if self.patience.is_some() { 2 } else { 1 };
        let race = world([Operator::new(tries, 0, 1), Operator::new(1, 0, 1)]);
        let mut held = world([Operator::new(0, 1, 2), Operator::new(1, 0, 1)]);
        held.create(1, 0);
        held.operators[0].held = Some(Held { epoch: 1, version: 1, began: 0 });
        vec![race, held]
    }

    fn actions(&self, world: &World, deeds: &mut Vec<Deed>) {
        let waits = |operator: &Operator| operator.is_on_the_way() && Some(operator.flight) == self.patience;
        if !world.operators.iter().any(waits) {
            deeds.push(Deed::Pass);
        }
        deeds.extend((0..world.ghosts.len()).map(Deed::Haunt));
        for (who, operator) in world.operators.iter().enumerate() {
            if operator.is_on_the_way() {
                deeds.push(Deed::Arrive(who));
            }
            if operator.is_answered() {
                deeds.push(Deed::Answer(who));
            }
            let gives_up =
                matches!(operator.doing, Doing::Creating { .. } | Doing::Renewing { .. } | Doing::Calling);
            if who == 0 && gives_up {
                deeds.push(Deed::GiveUp(who));
            }
            match (operator.doing, operator.held) {
                (Doing::Proven, _) => deeds.push(Deed::Call(who)),
                (Doing::Nothing, None) if operator.looks > 0 => deeds.push(Deed::Look(who)),
                (Doing::Nothing, Some(_)) => {
                    if operator.renewals > 0 {
                        deeds.push(Deed::Renew(who));
                    }
                    if operator.calls > 0 {
                        deeds.push(Deed::Prove(who));
                    }
                    deeds.push(Deed::Release(who));
                }
                _ => {}
            }
        }
    }

    fn next_state(&self, last: &World, deed: Deed) -> Option<World> {
        let mut world = last.clone();
        match deed {
            Deed::Pass => world.pass(self.patience),
            Deed::Arrive(who) => world.arrive(who),
            Deed::Answer(who) => world.answer(who),
            Deed::GiveUp(who) => world.give_up(who),
            Deed::Haunt(nth) => world.haunt(nth),
            Deed::Look(who) => {
                world.operators[who].begin(Doing::Looking(None));
            }
            Deed::Renew(who) | Deed::Prove(who) | Deed::Call(who) | Deed::Release(who) => {
                let operator = &mut world.operators[who];
                if !operator.is_in_time() {
                    operator.lose();
                    return Some(world);
                }
                match deed {
                    Deed::Renew(_) => {
                        operator.renewals -= 1;
                        operator.begin(Doing::Renewing { began: 0, version: None });
                    }
                    Deed::Prove(_) => operator.begin(Doing::Proving(None)),
                    Deed::Call(_) => {
                        operator.calls -= 1;
                        operator.begin(Doing::Calling);
                    }
                    _ => {
                        let epoch = operator.held.map_or(0, |held| held.epoch);
                        operator.lose();
                        world.put(epoch);
                        world.head(epoch).released = true;
                    }
                }
            }
        }
        (world != *last).then_some(world)
    }

    /// Goes through every world that can come to be, and tells what it saw.
    fn search(&self) -> Seen {
        let mut worlds: VecDeque<World> = self.init_states().into();
        let mut known: HashSet<World> = worlds.iter().cloned().collect();
        let (mut seen, mut deeds) = (Seen::default(), Vec::new());
        while let Some(world) = worlds.pop_front() {
            seen.look(&world);
            self.actions(&world, &mut deeds);
            for deed in deeds.drain(..) {
                if let Some(next) = self.next_state(&world, deed)
                    && !known.contains(&next)
                {
                    known.insert(next.clone());
                    worlds.push_back(next);
                }
            }
        }
        seen
    }
}

/// In how many worlds something was so.
#[derive(Default, Debug)]
struct Seen {
    worlds: usize,
    /// Both operators hold the same epoch.
    two_holders: usize,
    /// A newer epoch's call landed after an older one's.
    taken_over: usize,
    /// A call landed after a newer epoch's first.
    late: usize,
    /// It was sent on a proof that was stale when the store gave it: not in flight when it was overtaken.
    outside: usize,
    /// A holder sent more than one such call.
    again: usize,
}

impl Seen {
    fn look(&mut self, world: &World) {
        let [one, other] = &world.operators;
        let same = one.held.zip(other.held).is_some_and(|(one, other)| one.epoch == other.epoch);
        self.worlds += 1;
        self.two_holders += usize::from(same);
        self.taken_over += usize::from(world.wrote > 1);
        self.late += usize::from(world.stale != [0, 0]);
        self.outside += usize::from(world.outside);
        self.again += usize::from(world.stale.iter().any(|late| *late > 1));
    }
}

/// A request takes less than what lies between the end of the writing and the end of the lease.
const ON_TIME: u8 = 1;

#[test]
fn nobody_writes_after_a_newer_epochs_first_write_where_requests_take_less_than_15_s() {
    let seen = Rivals { patience: Some(ON_TIME) }.search();
    assert!(seen.worlds > 10_000 && seen.taken_over > 0, "{seen:?}");
    assert_eq!((seen.two_holders, seen.late), (0, 0), "{seen:?}");
}

#[test]
fn only_the_one_request_in_flight_can_be_late_however_long_requests_take() {
    let seen = Rivals { patience: None }.search();
    assert_eq!((seen.two_holders, seen.outside, seen.again), (0, 0, 0), "{seen:?}");
    // Expected: ELBv2 takes no fence, so a call that stood still on its way lands late.
    assert!(seen.late > 0 && seen.taken_over > 0, "{seen:?}");
}
