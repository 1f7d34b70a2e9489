//! A small fleet for tests of screens: two colours mid-shift, a lone side, no load balancer, a snowflake, a name that
//! is wide and one that is hostile.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Heard, Message, Model, Observation, Session, Setup, update};
use crate::drift::{self, judge};
use crate::fleet::builders::{World, read_at, target};
use crate::fleet::{
    ClusterSelector, Cursor, Facts, Fleet, Gap, GroupStickiness, Identity, Line, Section, SubnetId, Tail,
    TargetState,
};
use crate::keymap::Keymap;
use crate::plan::{
    Asked, BuildState, Builder, Call, Claim, ClusterPolicy, Course, DrillHours, Event, History, Hold, Intent,
    Late, OperationId, Percent, Policy, Program, Progress, RECORD_SCHEMA, Record, Resource, SessionId, Stand,
    StartBuild, State, Stepped, Truth, Who, Window, plan,
};

/// The account of the fixture.
pub(crate) const ACCOUNT: &str = "123456789012";

/// The zones of its groups.
const ZONES: [&str; 3] = ["eu-west-1a", "eu-west-1b", "eu-west-1c"];

/// The world before anything drifted in time.
pub(crate) fn world() -> World {
    let mut world = World::new();
    for (id, name) in [
        ("ami-141", "orders-1.41.0"),
        ("ami-142", "orders-1.42.0"),
        ("ami-143", "orders-1.43.0"),
        ("ami-27", "checkout-2.7.0"),
        ("ami-091", "search-0.9.1"),
        ("ami-090", "search-0.9.0"),
        ("ami-0f3a5b77", "handmade"),
    ] {
        world.image(id, name);
    }
    for (template, image) in [
        ("lt-orders-blue", "ami-142"),
        ("lt-orders-green", "ami-143"),
        ("lt-checkout", "ami-27"),
        ("lt-search", "ami-091"),
        ("lt-legacy", "ami-0f3a5b77"),
    ] {
        let version = world.template(template, 3, image);
        version.instance_type = Some("m7g.large".into());
        version.key_name = Some("ops".into());
    }
    group(&mut world, "orders-blue", "lt-orders-blue", "ami-142", 9);
    group(&mut world, "orders-green", "lt-orders-green", "ami-143", 6);
    group(&mut world, "checkout-blue", "lt-checkout", "ami-27", 4);
    group(&mut world, "search", "lt-search", "ami-091", 3);
    group(&mut world, "legacy-batch", "lt-legacy", "ami-0f3a5b77", 1);
    group(&mut world, "支払い-blue", "lt-checkout", "ami-27", 2);
    for n in 0..3 {
        world.instance_mut(&format!("i-orders-blue-{n}")).image = Some("ami-141".into());
    }
    for n in 1..3 {
        world.instance_mut(&format!("i-search-{n}")).image = Some("ami-090".into());
    }
    let blue = world.target_group("orders-blue", "orders-blue");
    let green = world.target_group("orders-green", "orders-green");
    let checkout = world.target_group("checkout-blue", "checkout-blue");
    let wide = world.target_group("wide", "支払い-blue");
    world.listener("web", 443, &[(&blue, 90), (&green, 10)]);
    world.listener("shop", 443, &[(&checkout, 1)]);
    world.listener("pay", 443, &[(&wide, 1)]);
    world.targets_mut(&blue)[2] = target("i-orders-blue-2", TargetState::Unhealthy);
    world.instance_mut("i-orders-blue-2").tags.insert("Name".into(), "evil\u{1b}[31m\u{202e}name".into());
    world.instance("i-snowflake", "ami-0f3a5b77").tags.insert("Name".into(), "bastion 🚀".into());
    world
}

fn group(world: &mut World, name: &str, template: &str, image: &str, size: i32) {
    let group = world.group(name, template);
    (group.min, group.desired, group.max) = (1, size, size * 2);
    group.zones = ZONES.map(Into::into).to_vec();
    group.subnets = (0..ZONES.len()).map(subnet).collect();
    for n in 0..size {
        let id = format!("i-{name}-{n}");
        world.member(name, &id, image);
        let instance = world.instance_mut(&id);
        let at = usize::try_from(n).unwrap() % ZONES.len();
        (instance.zone, instance.subnet) = (Some(ZONES[at].into()), Some(subnet(at)));
        instance.tags.insert("Name".into(), format!("{name}-{n}").as_str().into());
        instance.key_name = Some("ops".into());
    }
}

fn subnet(at: usize) -> SubnetId {
    format!("subnet-{at}").as_str().into()
}

/// The world with group stickiness on the listener of orders.
pub(crate) fn sticky(world: &mut World) {
    let listeners = world.facts.listeners.values_mut().flat_map(|listeners| &mut listeners.value);
    for listener in listeners.filter(|listener| listener.arn.raw().contains("/web/")) {
        if let Some(config) = &mut listener.actions[0].forward_config {
            config.target_group_stickiness_config =
                Some(GroupStickiness { enabled: true, duration_seconds: Some(3600) });
        }
    }
}

/// The snapshot of a world, asked for by a known principal.
pub(crate) fn fleet_of(world: &World, at: Timestamp) -> Fleet {
    let identity = Identity {
        account: ACCOUNT.into(),
        arn: format!("arn:aws:sts::{ACCOUNT}:assumed-role/ops/ann").into(),
    };
    crate::fleet::assemble(std::slice::from_ref(&world.facts), &world.naming, Some(identity), at)
}

/// Everything was read again.
fn freshen(facts: &mut Facts, at: Timestamp) {
    macro_rules! read_again {
        ($($lists:ident)* ; $($maps:ident)*) => {
            $(if let Some(seen) = &mut facts.$lists { seen.at = at; })*
            $(facts.$maps.values_mut().for_each(|seen| seen.at = at);)*
        };
    }
    read_again!(instances statuses root_volumes images image_metadata groups policies schedules templates
        launch_configurations load_balancers target_groups; refreshes listeners rules attributes target_health);
}

/// A look at a world.
pub(crate) fn observation(world: &World, at: Timestamp) -> Observation {
    judged(world, &drift::Policy::default(), at)
}

/// A look at a world, judged by a policy.
pub(crate) fn judged(world: &World, policy: &drift::Policy, at: Timestamp) -> Observation {
    let fleet = Arc::new(fleet_of(world, at));
    let judgement = Arc::new(judge(&fleet, policy, at));
    Observation::new(fleet, judgement, &History::default(), &Policy::default(), at)
}

/// A policy in which the account of the fixture is production.
pub(crate) fn production() -> Policy {
    Policy { production: [(ACCOUNT.to_owned(), "prod".to_owned())].into(), ..Policy::default() }
}

/// A policy that allows drills of `orders`, at any time.
pub(crate) fn drilling() -> Policy {
    let always = Window::Once { from: Timestamp::MIN, until: Timestamp::MAX };
    let drills = Some(DrillHours { written: "always".into(), windows: vec![always] });
    let selector = ClusterSelector { name: "orders".into(), account: None, region: None };
    let own = ClusterPolicy { drills, ..ClusterPolicy::default() };
    Policy { clusters: vec![(selector, own)], ..Policy::default() }
}

/// Looking only, until armed.
pub(crate) fn safe() -> Session {
    Session::Safe
}

/// A session in which nothing can write.
pub(crate) fn read_only() -> Session {
    Session::ReadOnly { why: "it was started with --read-only".into() }
}

/// A person who has confirmed a shift of orders to 25 % green, and how far its weights are true by now.
pub(crate) fn operation(truth: Truth) -> Person {
    let mut person = Person::new();
    person.confirm_shift();
    let id = person.model.operations[0].id.clone();
    person.tell(Message::Progress(Progress {
        operation: id,
        at: person.at,
        course: Course::Ahead,
        step: 2,
        truth,
        says: "2 of 6 targets initial; needs 6".into(),
        deadline: Some(person.at + SignedDuration::from_secs(30)),
        late: None,
        paused: false,
    }));
    person
}

/// A person who has confirmed a shift of orders to 50 % green in steps; the first of them bakes.
pub(crate) fn stepped() -> Person {
    let mut person = Person::new();
    person.press("g j j s").types("50").press("tab down enter").wait(SignedDuration::from_secs(1));
    person.types("9012").press("enter").types("orders 50").press("enter");
    let id = person.model.operations[0].id.clone();
    person.tell(Message::Progress(Progress {
        operation: id,
        at: person.at,
        course: Course::Ahead,
        step: 2,
        truth: Truth::ReadBack,
        says: "orders-5xx is OK; 6 of 6 targets of orders-green are healthy".into(),
        deadline: Some(person.at + SignedDuration::from_secs(420)),
        late: Some(Late::Hold),
        paused: false,
    }));
    person.press("esc");
    person
}

/// What the bookkeeping tells of a shift of orders to 50 % green by somebody, at its second step.
pub(crate) fn claim(person: &Person, who: &str, hold: Hold, stand: Stand) -> Claim {
    let fleet = &person.model.observation.as_ref().unwrap().fleet;
    let cluster = fleet.clusters.iter().find(|cluster| cluster.id.name.raw() == "orders").unwrap();
    let intent = Intent::Shift {
        cluster: cluster.id.clone(),
        to: "orders-green".into(),
        percent: Percent::new(50).unwrap(),
        steps: Some(Stepped::default()),
        source: None,
    };
    let made = plan(&intent, fleet, &History::default(), &Policy::default(), person.at).unwrap();
    let own = person.model.operations.first().map(|own| own.plan.as_ref().clone());
    let made = own.unwrap_or(made);
    Claim {
        cluster: cluster.id.clone(),
        epoch: 1,
        who: Who {
            principal: format!("arn:aws:sts::{ACCOUNT}:assumed-role/ops/{who}").into(),
            host: "desk".into(),
        },
        session: SessionId::new("session-1"),
        operation: made.id.clone(),
        verb: made.verb.clone(),
        step: 2,
        of: u32::try_from(made.steps.len()).unwrap(),
        stand,
        says: "bake: 80 s left".into(),
        since: person.at - SignedDuration::from_mins(4),
        updated_at: person.at - SignedDuration::from_secs(70),
        hold,
        plan: Some(Box::new(made)),
    }
}

/// A build of an image of orders by Packer.
pub(crate) fn build(id: &str, version: &str) -> StartBuild {
    StartBuild {
        revision: None,
        build: id.into(),
        family: "orders".into(),
        version: version.into(),
        image: "image".into(),
        parent: None,
        builder: Builder::Packer(Program {
            program: "packer".into(),
            arguments: vec!["build".into(), ".".into()],
            folder: None,
            environment: BTreeMap::default(),
            aws_environment: false,
        }),
        limit: 3600,
    }
}

/// A person who opens the log of what a colleague builds: the second of two images, under way.
pub(crate) fn building() -> Person {
    let mut person = Person::new();
    let until = person.at + SignedDuration::from_secs(40);
    let mut claim = claim(&person, "bob", Hold::Alive { until }, Stand::Running);
    if let Some(plan) = &mut claim.plan {
        let builds = [build("b-1", "1.44.0"), build("b-2", "1.44.1")];
        for (step, build) in plan.steps.iter_mut().zip(builds) {
            step.call = Some(Call::StartBuild(Box::new(build)));
        }
    }
    person.tell(Message::Journal(Arc::new(History::default().with_claims(vec![claim])))).press("o l");
    person
}

/// A shift of orders to 50 % green that somebody has confirmed, and that waits for a second person.
pub(crate) fn asked(person: &Person, who: &str) -> Asked {
    let claim = claim(person, who, Hold::Released, Stand::Held);
    let mut plan = claim.plan.unwrap();
    plan.confirm.second = true;
    let reason = Some("INC-42".into());
    Asked {
        plan,
        who: claim.who,
        reason,
        overrides: Vec::new(),
        asked_at: person.at - SignedDuration::from_secs(30),
        approved_by: None,
    }
}

/// What a journal holds after a shift that was settled, and one that was refused.
pub(crate) fn records(person: &Person) -> Vec<Record> {
    let seen = person.model.observation.as_ref().unwrap();
    let cluster = seen.fleet.clusters.iter().find(|cluster| cluster.id.name.raw() == "orders").unwrap();
    let source = &cluster.traffic[0];
    let record = |operation: &str, event, minutes, result: Option<&str>| Record {
        schema: RECORD_SCHEMA,
        at: person.at - SignedDuration::from_mins(minutes),
        operation: OperationId::new(operation),
        event,
        who: Who {
            principal: format!("arn:aws:sts::{ACCOUNT}:assumed-role/ops/ann").into(),
            host: "laptop".into(),
        },
        why: Some("1.43.0 looks good".into()),
        verb: "shift".into(),
        cluster: cluster.id.clone(),
        digest: "d".into(),
        step: u32::from(event == Event::Intended),
        of: 0,
        plan: None,
        overrides: Vec::new(),
        epoch: None,
        call: Some(Call::set_actions(&source.arn, source.actions.clone())),
        request_id: Some("8f2c".into()),
        resource: Some(Resource::Source(source.arn.clone())),
        before: Some(State::Actions(source.actions.clone())),
        after: None,
        result: result.map(str::to_owned),
        report: None,
    };
    vec![
        record("p-1", Event::Started, 9, None),
        record("p-1", Event::Intended, 9, None),
        record("p-1", Event::Done, 8, Some("settled, no request counts")),
        record("p-2", Event::Failed, 2, Some("the listener was changed by someone else meanwhile")),
    ]
}

/// A session that has seen nothing yet.
pub(crate) fn setup(session: Session, policy: Policy) -> Setup {
    Setup {
        keymap: Arc::new(Keymap::default()),
        policy: Arc::new(policy),
        session,
        demo: false,
        looking_at: "profile ops in eu-west-1".into(),
        filter: None,
        cluster: None,
        host: "laptop".into(),
        width: 120,
        height: 40,
    }
}

/// A person in front of the cockpit, with a clock that moves as told.
pub(crate) struct Person {
    pub(crate) model: Model,
    pub(crate) world: World,
    pub(crate) at: Timestamp,
    pub(crate) effects: Vec<super::Effect>,
}

impl Person {
    /// Sits down before a cockpit that has seen nothing yet.
    pub(crate) fn before(session: Session, policy: Policy) -> Self {
        let at = read_at();
        let model = Model::new(setup(session, policy), at);
        Self { model, world: world(), at, effects: Vec::new() }
    }

    /// Sits down before a cockpit that has seen the fixture.
    pub(crate) fn new() -> Self {
        let mut person = Self::before(Session::Safe, Policy::default());
        person.look();
        person
    }

    /// Gives the cockpit a message.
    pub(crate) fn tell(&mut self, message: Message) -> &mut Self {
        self.effects = update(&mut self.model, message, self.at);
        self
    }

    /// A new look at the world comes in, read now.
    pub(crate) fn look(&mut self) -> &mut Self {
        freshen(&mut self.world.facts, self.at);
        let observation = observation(&self.world, self.at);
        self.tell(Message::Observed(Box::new(observation)))
    }

    /// Presses keys, named as in a key file, with spaces between them.
    pub(crate) fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            self.tell(Message::Key { key: key.parse().unwrap(), repeat: false });
        }
        self
    }

    /// Types a text letter by letter.
    pub(crate) fn types(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            let key = crate::keymap::Key::from(crate::keymap::Code::Char(letter));
            self.tell(Message::Key { key, repeat: false });
        }
        self
    }

    /// Shifts 25 % of orders to green, arming on the way.
    pub(crate) fn confirm_shift(&mut self) -> &mut Self {
        self.press("g j j s").types("25").press("enter").wait(SignedDuration::from_secs(1));
        self.types("9012").press("enter").types("orders 25").press("enter")
    }

    /// Somebody else changes the weights of orders, in the order of its target groups.
    pub(crate) fn shift_behind_the_back(&mut self, weights: &[i32]) {
        let listeners = self.world.facts.listeners.values_mut().flat_map(|listeners| &mut listeners.value);
        for listener in listeners.filter(|listener| listener.arn.raw().contains("/web/")) {
            let config = listener.actions[0].forward_config.as_mut().unwrap();
            for (tuple, weight) in config.target_groups.iter_mut().zip(weights) {
                tuple.weight = Some(*weight);
            }
        }
    }

    /// The first target of a target group fails its checks.
    pub(crate) fn sicken(&mut self, target_group: &str) {
        let targets = self.world.facts.target_health.iter_mut();
        for (_, seen) in targets.filter(|(arn, _)| arn.name().raw() == target_group) {
            seen.value[0].state = TargetState::Unhealthy;
        }
    }

    /// Target health can no longer be read.
    pub(crate) fn deny_target_health(&mut self) {
        let facts = &mut self.world.facts;
        for (arn, _) in std::mem::take(&mut facts.target_health) {
            facts.gaps.push(Gap {
                place: facts.place.clone(),
                section: Section::TargetHealth,
                about: Some(arn.raw().into()),
                what: format!("target health of {}", arn.name()),
                why: "ops may not call elasticloadbalancing:DescribeTargetHealth".into(),
                action: Some("elasticloadbalancing:DescribeTargetHealth".into()),
            });
        }
    }

    /// Something is heard of the log that is followed: these lines, and whether it has ended.
    pub(crate) fn hears(&mut self, epoch: u64, lines: &[&str], ended: bool) -> &mut Self {
        let at = Some(self.at);
        let lines = lines.iter().map(|text| Line { at, text: (*text).into() }).collect();
        let part = Tail { lines, next: Cursor("next".into()), dropped: 0, ended };
        let says = "amazon-ebs: Provisioning with ansible".into();
        let state = Some(BuildState::running(says, at));
        self.tell(Message::Tail { epoch, heard: Box::new(Heard { part: Ok(part), state }) })
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, time: SignedDuration) -> &mut Self {
        self.at += time;
        self.tell(Message::Tick)
    }

    /// Resizes the terminal.
    pub(crate) fn resize(&mut self, width: u16, height: u16) -> &mut Self {
        self.tell(Message::Resize { width, height })
    }
}
