//! What stands beside the rig's moto, each in a process of its own: ministack plays CloudWatch, microburst injects
//! faults that an SDK believes.

use std::fmt::Write as _;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::{REGION, Rig, Server, exchange};

/// What both are installed from.
const REQUIREMENTS: &str = "beside.txt";
/// What both are started by.
const SCRIPT: &str = "beside.py";

/// CloudWatch for one account of the rig. All accounts share one server, so names carry the account.
pub struct CloudWatch<'a> {
    server: &'static Server,
    rig: &'a Rig,
}

impl<'a> CloudWatch<'a> {
    /// The one server, started when the first test needs it.
    pub fn of(rig: &'a Rig) -> Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        Self { server: SERVER.get_or_init(|| Server::run(REQUIREMENTS, SCRIPT, &["ministack"])), rig }
    }

    /// Where it listens, on loopback.
    pub fn port(&self) -> u16 {
        self.server.port
    }

    /// A name of this account's own.
    pub fn name(&self, alarm: &str) -> String {
        format!("{alarm}-{}", self.rig.account())
    }

    /// Makes a metric alarm, and sets its state.
    pub fn alarm(&self, alarm: &str, state: &str) {
        self.query(&[
            ("Action", "PutMetricAlarm"),
            ("AlarmName", &self.name(alarm)),
            ("Namespace", "Rig"),
            ("MetricName", &self.name(alarm)),
            ("Statistic", "Sum"),
            ("Period", "60"),
            ("EvaluationPeriods", "1"),
            ("Threshold", "5"),
            ("ComparisonOperator", "GreaterThanThreshold"),
        ]);
        self.set(alarm, state);
    }

    /// Sets the state of an alarm, as SetAlarmState does.
    pub fn set(&self, alarm: &str, state: &str) {
        self.query(&[
            ("Action", "SetAlarmState"),
            ("AlarmName", &self.name(alarm)),
            ("StateValue", state),
            ("StateReason", "told by a test"),
        ]);
    }

    /// Makes an alarm over another one.
    pub fn composite(&self, alarm: &str, over: &str) {
        self.query(&[
            ("Action", "PutCompositeAlarm"),
            ("AlarmName", &self.name(alarm)),
            ("AlarmRule", &format!("ALARM({})", self.name(over))),
        ]);
    }

    /// Publishes a metric of a target group of the seeded front door, for the minute that is now.
    pub fn publish(&self, target_group: &str, metric: &str, value: f64) {
        let after = |arn: &str, mark: &str| {
            arn.split_once(mark).unwrap_or_else(|| panic!("{arn} has no {mark}")).1.to_owned()
        };
        let balancer = after(self.rig.id("load_balancers", "edge"), ":loadbalancer/");
        let group = after(self.rig.id("target_groups", target_group), ":targetgroup/");
        self.query(&[
            ("Action", "PutMetricData"),
            ("Namespace", "AWS/ApplicationELB"),
            ("MetricData.member.1.MetricName", metric),
            ("MetricData.member.1.Value", &value.to_string()),
            ("MetricData.member.1.Dimensions.member.1.Name", "LoadBalancer"),
            ("MetricData.member.1.Dimensions.member.1.Value", &balancer),
            ("MetricData.member.1.Dimensions.member.2.Name", "TargetGroup"),
            ("MetricData.member.1.Dimensions.member.2.Value", &format!("targetgroup/{group}")),
        ]);
    }

    fn query(&self, fields: &[(&str, &str)]) {
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", in_a_form(value))).collect();
        let headers = format!(
            "Authorization: AWS4-HMAC-SHA256 Credential=AKIARIG/20260101/{REGION}/monitoring/aws4_request, \
             SignedHeaders=host, Signature=0\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        );
        let body = format!("{}&Version=2010-08-01", body.join("&"));
        let (status, answer) = exchange(self.server.port, "POST", "/", &headers, &body)
            .unwrap_or_else(|why| panic!("CloudWatch of the rig does not answer {fields:?}: {why}"));
        assert_eq!(status, 200, "CloudWatch of the rig refuses {fields:?}: {answer}");
    }
}

fn in_a_form(value: &str) -> String {
    value.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _infallible = write!(text, "%{byte:02X}");
        }
        text
    })
}

/// Faults in front of a server on loopback, ended when dropped.
pub struct Faults {
    server: Server,
}

impl Faults {
    /// Lets everything through at first.
    pub fn in_front_of(port: u16) -> Self {
        let upstream = format!("http://127.0.0.1:{port}");
        Self { server: Server::run(REQUIREMENTS, SCRIPT, &["microburst", &upstream]) }
    }

    /// Where it listens, on loopback.
    pub fn port(&self) -> u16 {
        self.server.port
    }

    /// One rule, in microburst's own words, in the place of all before.
    pub fn rule(&self, rule: &Value) {
        self.server.ask("POST", "/_microburst/rules", &json!([rule]));
    }

    /// Takes all rules away.
    pub fn heal(&self) {
        self.server.ask("POST", "/_microburst/rules", &json!([]));
    }

    /// How often a fault was injected so far.
    pub fn fired(&self) -> usize {
        let fired = self.server.ask("GET", "/_microburst/fired", &json!({}));
        fired.as_array().map_or(0, Vec::len)
    }
}
