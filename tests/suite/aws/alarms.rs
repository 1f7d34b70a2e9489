//! CloudWatch as ministack plays it: alarms hold a plan back and take a bake back, metrics are what load balancers
//! count, and without a configuration nobody is asked.

use serde_json::json;

use super::{Desk, Saved, changed, changes, cluster};
use crate::command::Ran;
use crate::rig::Rig;
use crate::rig::beside::{CloudWatch, Faults};

/// What CloudWatch requests are signed for.
const SIGNED_FOR: &str = "monitoring";

/// A desk whose configuration says this of the cluster `orders`, with CloudWatch at a port.
struct Watched<'a> {
    desk: Desk<'a>,
    environment: Vec<(&'static str, String)>,
    config: String,
}

impl<'a> Watched<'a> {
    fn at(rig: &'a Rig, port: u16, says: &str) -> Self {
        let desk = Desk::at(rig);
        let config = format!("[[cluster]]\nname = \"orders\"\nlease = \"none\"\n{says}\n");
        let config = desk.keep("watched.toml", &config);
        let mut environment = rig.environment();
        environment.push(("AWS_ENDPOINT_URL_CLOUDWATCH", format!("http://127.0.0.1:{port}")));
        Self { desk, environment, config }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let arguments = [arguments, &["--config", &self.config]].concat();
        crate::command::run_in(&self.desk.home, &self.environment, &arguments)
    }

    /// Plans a small shift, with these words besides.
    #[track_caller]
    fn plan(&self, besides: &[&str]) -> Saved {
        let ran = self.run(&[&["plan", "shift", "orders", "--to", "green=25", "--json"], besides].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        Saved { plan: ran.json(), file: self.desk.keep("plan.json", &ran.out) }
    }

    fn apply(&self, saved: &Saved) -> Ran {
        self.run(&["apply", &saved.file, "--confirm", saved.phrase()])
    }

    /// Plans a small shift; the exit code, and what the guard says of the alarms.
    #[track_caller]
    fn guard(&self) -> (i32, String, String) {
        let ran = self.run(&["plan", "shift", "orders", "--to", "green=25", "--json"]);
        let plan = ran.json();
        let guards = plan["guards"].as_array().unwrap();
        let found = guards.iter().find(|guard| guard["name"] == "alarms").expect("the guard");
        let word = |field: &str| found[field].as_str().unwrap().to_owned();
        (ran.code, word("verdict"), word("why"))
    }
}

#[test]
fn without_alarms_and_limits_nobody_asks_cloudwatch() {
    let rig = Rig::own();
    let port = rig.environment()[0].1.rsplit_once(':').unwrap().1.parse().unwrap();
    let watched = Watched::at(&rig, port, "");
    let shifted = watched.apply(&watched.plan(&[]));
    assert_eq!(shifted.code, 0, "{}", shifted.err);
    assert_eq!(watched.run(&["snapshot", "--json"]).code, 0);
    let asked: Vec<String> = rig
        .log()
        .iter()
        .filter(|request| request.service == SIGNED_FOR)
        .map(|r| r.operation.clone())
        .collect();
    assert_eq!(asked, [""; 0]);
}

#[test]
fn with_alarms_only_the_look_at_that_cluster_asks_and_says_what_the_endpoint_lacks() {
    let rig = Rig::own();
    // CloudWatch goes to moto here, which does not speak CBOR: the request log tells who asks.
    let port = rig.environment()[0].1.rsplit_once(':').unwrap().1.parse().unwrap();
    let watched = Watched::at(&rig, port, "alarms = [\"errors\"]");
    let asked = |rig: &Rig| rig.log().iter().filter(|request| request.service == SIGNED_FOR).count();
    assert_eq!(watched.run(&["snapshot", "--json"]).code, 0);
    assert_eq!(asked(&rig), 0);
    let (code, verdict, why) = watched.guard();
    assert_eq!((code, &*verdict), (3, "block"));
    assert!(why.contains("the endpoint does not know this call"), "{why}");
    assert_eq!(asked(&rig), 1);
}

#[test]
fn metric_and_composite_alarms_hold_a_plan_back_and_a_missing_one_says_what_to_mend() {
    let rig = Rig::own();
    let cloud = CloudWatch::of(&rig);
    cloud.alarm("errors", "OK");
    cloud.composite("unwell", "errors");
    let names = ["errors", "unwell"].map(|name| cloud.name(name));
    let watched = Watched::at(&rig, cloud.port(), &format!("alarms = {names:?}"));
    let (code, verdict, why) = watched.guard();
    assert_eq!((code, &*verdict), (0, "pass"), "{why}");
    assert_eq!(why, format!("{} is OK, {} is OK", names[0], names[1]));

    cloud.set("errors", "ALARM");
    let (code, verdict, why) = watched.guard();
    assert_eq!((code, &*verdict), (3, "block"), "{why}");
    assert!(why.contains(&format!("alarm {} is in ALARM: told by a test", names[0])), "{why}");
    assert!(why.contains(&format!("alarm {} is in ALARM: ", names[1])), "the composite one too: {why}");

    cloud.set("errors", "INSUFFICIENT_DATA");
    let (code, verdict, why) = watched.guard();
    assert_eq!((code, &*verdict), (0, "warn"), "{why}");

    let watched = Watched::at(&rig, cloud.port(), &format!("alarms = [\"{}\"]", cloud.name("forgotten")));
    let (code, verdict, why) = watched.guard();
    assert_eq!((code, &*verdict), (3, "block"), "{why}");
    assert!(why.starts_with(&format!("there is no alarm {}", cloud.name("forgotten"))), "{why}");
    assert!(why.ends_with("mend `alarms` of this cluster in the configuration"), "{why}");
    assert_eq!(changes(&rig).len(), 0);
}

#[test]
fn what_may_not_be_asked_is_a_gap_that_names_the_action_and_blocks() {
    let rig = Rig::own();
    let cloud = CloudWatch::of(&rig);
    cloud.alarm("errors", "OK");
    let faults = Faults::in_front_of(cloud.port());
    let says = format!("alarms = [\"{}\"]\ngates = {{ max_5xx_percent = 1 }}", cloud.name("errors"));
    let watched = Watched::at(&rig, faults.port(), &says);
    // The first requests take seconds: the models of the services are loaded.
    watched.guard();
    let (code, _, why) = watched.guard();
    assert_eq!(code, 0, "{why}");
    faults.rule(&json!({ "service": "cloudwatch", "error": { "code": "AccessDenied", "status": 403 } }));
    let ran = watched.run(&["plan", "shift", "orders", "--to", "green=25"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    for action in ["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData"] {
        assert!(ran.err.contains(&format!("the role lacks {action}")), "{action}: {}", ran.err);
    }
    assert_eq!(faults.fired(), 2, "each is asked once");
    faults.rule(&json!({ "service": "cloudwatch", "times": 1, "error": { "code": "ThrottlingException", "status": 400 } }));
    assert_eq!(watched.guard().0, 0, "a read that is throttled once is asked again");
}

/// A bake that nothing but a bad sign ends in the time of a test.
const BAKED: [&str; 4] = ["--steps", "25", "--bake", "10m"];

#[test]
fn an_alarm_that_goes_off_in_the_middle_of_a_bake_takes_it_back() {
    let rig = Rig::own();
    let cloud = CloudWatch::of(&rig);
    cloud.alarm("errors", "OK");
    let watched = Watched::at(&rig, cloud.port(), &format!("alarms = [\"{}\"]", cloud.name("errors")));
    let shift = watched.plan(&BAKED);
    rig.forget();
    let ran = std::thread::scope(|scope| {
        let run = scope.spawn(|| watched.apply(&shift));
        while changed(&rig).is_empty() && !run.is_finished() {
            std::thread::yield_now();
        }
        cloud.set("errors", "ALARM");
        run.join().expect("the program runs")
    });
    assert_eq!(ran.code, 1, "{}", ran.err);
    let why = format!("gate alarms: alarm {} is in ALARM: told by a test", cloud.name("errors"));
    assert!(ran.err.contains(&why), "{}", ran.err);
    went_back(&rig, &watched);
}

#[test]
fn what_a_load_balancer_counts_in_a_bake_takes_it_back() {
    for (limit, why) in [
        (
            "max_5xx_percent = 1",
            "5.0 % of the answers of orders-green were 5xx, 1 % are allowed (50 of 1000 requests)",
        ),
        ("max_response_ms = 200", "99 % of requests to orders-green took up to 250 ms, 200 ms are allowed"),
        ("min_healthy_hosts = 3", "orders-green had 2 healthy hosts in the newest minute and needs 3"),
    ] {
        let rig = Rig::own();
        let cloud = CloudWatch::of(&rig);
        let watched = Watched::at(&rig, cloud.port(), &format!("gates = {{ {limit} }}"));
        let shift = watched.plan(&BAKED);
        rig.forget();
        for (metric, blue, green) in [
            ("RequestCount", 4000.0, 1000.0),
            ("HTTPCode_Target_5XX_Count", 4.0, 50.0),
            ("TargetResponseTime", 0.04, 0.25),
            ("HealthyHostCount", 4.0, 2.0),
        ] {
            cloud.publish("orders-blue", metric, blue);
            cloud.publish("orders-green", metric, green);
        }
        let ran = watched.apply(&shift);
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert!(ran.err.contains(why), "{why}: {}", ran.err);
        went_back(&rig, &watched);
    }
}

/// Two writes went out, and the weights are what they were.
#[track_caller]
fn went_back(rig: &Rig, watched: &Watched<'_>) {
    assert_eq!(changed(rig), ["ModifyListener"; 2]);
    let snapshot = watched.run(&["snapshot", "--json"]).json();
    let weights = &cluster(&snapshot, "orders")["traffic"][0]["weights"];
    assert_eq!((&weights[0]["weight"], &weights[1]["weight"]), (&json!(90), &json!(10)));
}
