//! Two operators and one store, in every order in which things can happen: the real rules, searched for two writers.
//!
//! Requests arrive late, after they were given up, or never; answers are lost; operators stand still for as long as
//! they like between any two of their deeds, which is also what a crash looks like from outside. What each deed does
//! is `world`'s; here is which can be done, and what must be true of every world that can come to be. A session that
//! takes over from itself is not in it: that is one person's own order.

mod world;

use std::collections::{HashSet, VecDeque};

use world::{Doing, Held, Operator, World};

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
