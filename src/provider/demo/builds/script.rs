//! What a build prints and when, from its first line to its last: in the words of whoever builds.

use fastrand::Rng;

use super::super::weather::BuildFate;
use super::super::world::{Moment, SECOND};
use crate::fleet::Text;
use crate::plan::{Builder, StartBuild};

/// Between two lines of a phase, in milliseconds.
const QUIET: std::ops::Range<Moment> = 1_200..5_500;
/// Between two lines while the machine is provisioned, in milliseconds.
const BUSY: std::ops::Range<Moment> = 150..900;
/// Between two lines of a build that talks too much, in milliseconds.
const TALKS: std::ops::Range<Moment> = 4..12;
/// One build of this many installs something whose greeting tries to command the terminal.
const HOSTILE: u32 = 3;
/// Such a greeting: a new title, an empty screen, red, and a file name that reads backwards.
const GREETING: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[31mWelcome to the mirror\u{1b}[0m, see \u{202e}txt.gnp\u{202c} \r\u{8}\u{9b}1m";

/// What a phase is there for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Quiet,
    /// The machine is launched.
    Launch,
    /// The machine is provisioned.
    Provision,
    /// The image appears.
    Image,
}

/// What a build prints, and the moments that matter to its account.
#[derive(Default)]
pub(super) struct Script {
    /// Phases, each with the moment it begins.
    phases: Vec<(Moment, Text)>,
    /// Lines, each with its moment, in order.
    lines: Vec<(Moment, Text)>,
    /// When the machine is launched.
    pub launches: Moment,
    /// When the image appears.
    pub appears: Moment,
}

/// How a build fails.
pub(super) struct Failing {
    /// Its last lines.
    pub lines: Vec<String>,
    /// Why, in one sentence.
    pub why: &'static str,
}

impl Script {
    /// Writes all that a build prints which begins at a moment and takes so long.
    pub(super) fn write(
        start: &StartBuild,
        fate: BuildFate,
        rng: &mut Rng,
        (at, length): (Moment, Moment),
    ) -> Self {
        let mut script = Self::default();
        let phases = phases(start);
        let prefix = prefix(&start.builder);
        let hostile = rng.u32(..HOSTILE) == 0;
        let mut from = at;
        for (name, percent, part) in &phases {
            let until = at + length * percent / 100;
            match part {
                Part::Launch => script.launches = from,
                Part::Image => script.appears = from,
                Part::Quiet | Part::Provision => {}
            }
            script.phases.push((from, Text::new(name)));
            script.lines.push((from, format!("{}{name}", heading(&start.builder)).into()));
            let pace = match part {
                Part::Provision if fate == BuildFate::Talks => TALKS,
                Part::Provision => BUSY,
                _ => QUIET,
            };
            if *part == Part::Provision && hostile {
                script.lines.push((from, format!("{prefix}{GREETING}").into()));
            }
            let mut next = from + rng.i64(pace.clone());
            while next < until {
                let says = chatter(*part, rng);
                script.lines.push((next, format!("{prefix}{says}").into()));
                next += rng.i64(pace.clone());
            }
            from = until;
        }
        let last = format!("Build '{}-{}' finished.", start.family.raw(), start.version.raw());
        script.lines.push((at + length, format!("{}{last}", heading(&start.builder)).into()));
        script
    }

    /// What it does then.
    pub(super) fn phase(&self, now: Moment) -> Text {
        let begun = self.phases.iter().rev().find(|(from, _)| *from <= now);
        begun.map(|(_, name)| name.clone()).unwrap_or_default()
    }

    /// The lines up to then.
    pub(super) fn printed(&self, now: Moment) -> &[(Moment, Text)] {
        &self.lines[..self.lines.partition_point(|(at, _)| *at <= now)]
    }

    /// It ends then, with these words.
    pub(super) fn cut(&mut self, at: Moment, last: Vec<String>) {
        self.lines.truncate(self.printed(at).len());
        self.lines.extend(last.into_iter().map(|line| (at, line.into())));
    }

    /// It is interrupted, and cleans up until it is over.
    pub(super) fn stop(&mut self, at: Moment, over: Moment) {
        self.cut(at, vec!["Cancelling build after receiving interrupt".into()]);
        self.phases.truncate(self.phases.partition_point(|(from, _)| *from <= at));
        self.phases.push((at, "Cleaning up".into()));
        for (nth, line) in
            ["Terminating the source instance", "Deleting temporary key pair"].iter().enumerate()
        {
            let moment = (at + SECOND * (Moment::try_from(nth).unwrap_or(0) + 1)).min(over);
            self.lines.push((moment, (*line).into()));
        }
        self.lines.push((over, "Cleanly cancelled builds after being interrupted.".into()));
    }
}

/// The phases of a build: name, and the percent of its time at which each is over.
fn phases(start: &StartBuild) -> Vec<(String, Moment, Part)> {
    let name = |name: &str, until, part| (name.to_owned(), until, part);
    match &start.builder {
        Builder::Packer(_) => vec![
            name("amazon-ebs: Prevalidating", 4, Part::Quiet),
            name("amazon-ebs: Launching a source AWS instance", 16, Part::Launch),
            (format!("amazon-ebs: Provisioning with scripts of {}", start.family.raw()), 62, Part::Provision),
            name("amazon-ebs: Stopping the source instance", 68, Part::Quiet),
            (
                format!("amazon-ebs: Creating AMI {}-{}", start.family.raw(), start.version.raw()),
                72,
                Part::Image,
            ),
            name("amazon-ebs: Waiting for AMI to become ready", 100, Part::Quiet),
        ],
        Builder::Command(of) => vec![
            (format!("{}: preparing", of.program), 8, Part::Quiet),
            (format!("{}: launching a machine", of.program), 18, Part::Launch),
            (format!("{}: installing", of.program), 80, Part::Provision),
            (format!("{}: creating the image", of.program), 100, Part::Image),
        ],
        Builder::CodeBuild(_) => vec![
            name("SUBMITTED", 2, Part::Quiet),
            name("PROVISIONING", 8, Part::Quiet),
            name("DOWNLOAD_SOURCE", 14, Part::Quiet),
            name("PRE_BUILD", 20, Part::Launch),
            name("BUILD", 76, Part::Provision),
            name("POST_BUILD", 96, Part::Image),
            name("FINALIZING", 100, Part::Quiet),
        ],
        Builder::ImageBuilder(_) => vec![
            name("PENDING", 4, Part::Quiet),
            name("CREATING", 16, Part::Launch),
            name("BUILDING", 62, Part::Provision),
            name("TESTING", 80, Part::Quiet),
            name("DISTRIBUTING", 100, Part::Image),
        ],
    }
}

/// What stands before the name of a phase.
fn heading(builder: &Builder) -> &'static str {
    match builder {
        Builder::Packer(_) => "==> ",
        Builder::Command(_) => "-- ",
        Builder::CodeBuild(_) => "[Container] Entering phase ",
        Builder::ImageBuilder(_) => "Image state: ",
    }
}

/// What stands before all else.
fn prefix(builder: &Builder) -> &'static str {
    match builder {
        Builder::Packer(_) => "    amazon-ebs: ",
        Builder::Command(_) => "   ",
        Builder::CodeBuild(_) => "[Container] ",
        Builder::ImageBuilder(_) => "TOE: ",
    }
}

fn chatter(part: Part, rng: &mut Rng) -> String {
    const PACKAGES: [&str; 8] = [
        "openssl",
        "nginx",
        "amazon-ssm-agent",
        "java-21-amazon-corretto",
        "chrony",
        "curl",
        "jq",
        "systemd",
    ];
    const TASKS: [&str; 6] = [
        "users : remove what nobody uses",
        "sysctl : set kernel parameters",
        "app : unpack the release",
        "app : install the unit file",
        "agent : configure the log agent",
        "hardening : close what is open",
    ];
    let pick = |rng: &mut Rng, from: &[&str]| from[rng.usize(..from.len())].to_owned();
    match part {
        Part::Provision => match rng.u32(..8) {
            0 => format!("TASK [{}] {}", pick(rng, &TASKS), "*".repeat(rng.usize(8..40))),
            1 => "ok: [default]".to_owned(),
            2 => "changed: [default]".to_owned(),
            3 => format!(
                "({}/38): {}-{}.{}.{}-1.amzn2023.aarch64.rpm  {} kB/s | {} kB  00:0{}  sha256:{:016x}{:016x}",
                rng.u32(1..39),
                pick(rng, &PACKAGES),
                rng.u32(1..9),
                rng.u32(..20),
                rng.u32(..9),
                rng.u32(900..9_000),
                rng.u32(40..4_000),
                rng.u32(..9),
                rng.u64(..),
                rng.u64(..)
            ),
            4 | 5 => format!("Installing : {}-{}.{}", pick(rng, &PACKAGES), rng.u32(1..9), rng.u32(..20)),
            6 => format!("Verifying  : {} {}/38", pick(rng, &PACKAGES), rng.u32(1..39)),
            _ => format!("warning: {}.rpmnew was written beside the old file", pick(rng, &PACKAGES)),
        },
        Part::Launch => {
            pick(rng, &["Waiting for the instance to become ready", "Waiting for SSH", "Connected"])
        }
        Part::Image => "Snapshot of /dev/xvda is pending".to_owned(),
        Part::Quiet => pick(rng, &["Still waiting", "Nothing new yet"]),
    }
}

/// A way in which builds fail, and its last lines.
pub(super) fn failing(start: &StartBuild, rng: &mut Rng) -> Failing {
    const WHYS: [(&str, &str); 3] = [
        (
            "the package repository cdn.example.com does not answer",
            "Error: Failed to download metadata for repo 'shop': Curl error (28): Timeout was reached",
        ),
        (
            "the test 'the program answers on 8080' fails",
            "FAILED tests/smoke.sh: the program answers on 8080",
        ),
        ("the disk of the machine is full", "Error: No space left on device"),
    ];
    let (why, line) = WHYS[rng.usize(..WHYS.len())];
    let prefix = prefix(&start.builder);
    let head = heading(&start.builder);
    let lines = vec![
        format!("{prefix}{line}"),
        format!("{head}Script exited with non-zero exit status: 1"),
        format!("{head}Terminating the source instance"),
    ];
    Failing { lines, why }
}
