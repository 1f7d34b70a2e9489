//! What there is while two operators want one lease, and what each deed makes of it.
//!
//! What an operator decides is decided by the real `rules`; the store and the load balancer are played here. Time
//! passes in steps of 15 s, and ages are kept as far as they still matter.

use std::time::Duration;

use super::super::rules::{Age, Fate, Grip, Newest, Proof, Sight, Taking, taking};

/// Time that passes at once.
const TICK: Duration = Duration::from_secs(15);
/// An age that is older than everything that matters, in ticks.
const OLD: u8 = 5;

/// The head of an epoch. Of those that are not the newest, nobody asks the age.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Head {
    pub(super) version: u64,
    pub(super) age: u8,
    pub(super) released: bool,
    pub(super) owner: usize,
}

/// A grip whose beginning is told as an age.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Held {
    pub(super) epoch: u64,
    pub(super) version: u64,
    pub(super) began: u8,
}

/// What an operator waits for or is about to do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Doing {
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
pub(super) struct Operator {
    pub(super) held: Option<Held>,
    pub(super) doing: Doing,
    /// For how many ticks its request has been on its way.
    pub(super) flight: u8,
    /// The age of the oldest request of its own that may have created the epoch it wants.
    pub(super) tried: Option<u8>,
    /// How often it may still ask who holds the lease, renew its own, and change the cluster.
    pub(super) looks: u8,
    pub(super) renewals: u8,
    pub(super) calls: u8,
    /// Whether the next epoch was there when the store was asked for the proof of this call.
    pub(super) proof_was_stale: bool,
}

/// A request nobody waits for any more.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Ghost {
    Create { epoch: u64, owner: usize },
    Put { epoch: u64 },
    Call { epoch: u64, owner: usize, proof_was_stale: bool },
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct World {
    pub(super) heads: Vec<Head>,
    pub(super) operators: [Operator; 2],
    /// With the ticks for which each has been on its way.
    pub(super) ghosts: Vec<(Ghost, u8)>,
    /// The newest epoch that changed the cluster.
    pub(super) wrote: u64,
    /// Calls of each operator that landed after a newer epoch's first.
    pub(super) stale: [u8; 2],
    /// Whether one of them was sent on a proof that was stale when the store gave it.
    pub(super) outside: bool,
}

impl Held {
    pub(super) fn grip(self) -> Grip {
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
    pub(super) fn new(looks: u8, renewals: u8, calls: u8) -> Self {
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

    pub(super) fn begin(&mut self, doing: Doing) {
        (self.doing, self.flight) = (doing, 0);
    }

    /// It writes nothing any more on this lease.
    pub(super) fn lose(&mut self) {
        self.held = None;
        self.begin(Doing::Nothing);
    }

    pub(super) fn is_in_time(&self) -> bool {
        self.held.is_some_and(|held| held.grip().is_in_time(NOW))
    }

    /// Whether its request has not arrived yet.
    pub(super) fn is_on_the_way(&self) -> bool {
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

    pub(super) fn is_answered(&self) -> bool {
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
    pub(super) fn newest(&self) -> u64 {
        self.heads.len() as u64
    }

    pub(super) fn head(&mut self, epoch: u64) -> &mut Head {
        &mut self.heads[usize::try_from(epoch).unwrap() - 1]
    }

    pub(super) fn create(&mut self, epoch: u64, owner: usize) -> bool {
        let created = self.newest() + 1 == epoch;
        if created {
            self.heads.iter_mut().for_each(|head| head.age = OLD);
            self.heads.push(Head { version: 1, age: 0, released: false, owner });
        }
        created
    }

    pub(super) fn put(&mut self, epoch: u64) -> u64 {
        let age = if epoch == self.newest() { 0 } else { OLD };
        let head = self.head(epoch);
        head.version += 1;
        head.age = age;
        head.version
    }

    /// A call changes the cluster.
    pub(super) fn land(&mut self, epoch: u64, owner: usize, proof_was_stale: bool) {
        if epoch < self.wrote {
            self.stale[owner] += 1;
            self.outside |= proof_was_stale;
        }
        self.wrote = self.wrote.max(epoch);
    }

    /// What the store does with a request.
    pub(super) fn arrive(&mut self, who: usize) {
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
    pub(super) fn answer(&mut self, who: usize) {
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
    pub(super) fn give_up(&mut self, who: usize) {
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

    pub(super) fn haunt(&mut self, nth: usize) {
        match self.ghosts.remove(nth).0 {
            Ghost::Create { epoch, owner } => drop(self.create(epoch, owner)),
            Ghost::Put { epoch } => drop(self.put(epoch)),
            Ghost::Call { epoch, owner, proof_was_stale } => self.land(epoch, owner, proof_was_stale),
        }
    }

    pub(super) fn pass(&mut self, patience: Option<u8>) {
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
