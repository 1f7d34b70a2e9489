//! Real programs under the real files: started, watched, stopped, found again.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use crate::fleet::{Cursor, Fleet, Identity, ImageId, Place, Scope, Tail, Text};
use crate::plan::{
    BuildPhase, BuildState, Builder, Call, CodeBuild, Program, Receipt, Resource, StartBuild, State,
    StopBuild,
};
use crate::provider::build::Workshop;
use crate::provider::{Clock, Entries, EntryName, Failure, FailureKind, Observer, Operator};
use crate::runtime::builds::BuildFolders;

/// A clock whose every wait is short, however long it is by itself.
#[derive(Clone)]
struct Swift(Arc<Mutex<Timestamp>>);

impl Swift {
    fn pass(&self, time: Duration) {
        *self.0.lock().unwrap() += SignedDuration::try_from(time).unwrap();
    }
}

#[async_trait]
impl Clock for Swift {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, time: Duration) {
        self.pass(time);
        tokio::time::sleep(time.min(Duration::from_millis(20))).await;
    }
}

/// A cloud that only says that it was asked.
struct Beyond;

fn beyond<T>() -> Result<T, Failure> {
    Err(Failure::new(FailureKind::Other, "ask", "the cloud was asked", ""))
}

#[async_trait]
impl Observer for Beyond {
    async fn identity(&self) -> Result<Identity, Failure> {
        beyond()
    }
    async fn places(&self) -> Result<Vec<Place>, Failure> {
        beyond()
    }
    async fn observe(&self, _: &Scope) -> Result<Arc<Fleet>, Failure> {
        beyond()
    }
    async fn state(&self, _: &Place, _: &Resource) -> Result<State, Failure> {
        beyond()
    }
    async fn entries(&self, _: &Place, _: &[EntryName]) -> Result<Entries, Failure> {
        beyond()
    }
    async fn entries_under(&self, _: &Place, _: &EntryName) -> Result<Entries, Failure> {
        beyond()
    }
    fn calls_last_minute(&self) -> u32 {
        7
    }
}

#[async_trait]
impl Operator for Beyond {
    async fn apply(&self, _: &Place, _: &Call) -> Result<Receipt, Failure> {
        beyond()
    }
}

/// A home with programs of the test in it.
struct Home {
    folder: tempfile::TempDir,
    clock: Swift,
}

impl Home {
    fn new() -> Self {
        let at = "2024-11-05T03:00:00Z".parse().unwrap();
        Self { folder: tempfile::tempdir().unwrap(), clock: Swift(Arc::new(Mutex::new(at))) }
    }

    fn workshop(&self, withheld: &[&str]) -> Workshop {
        self.in_session(true, withheld)
    }

    fn in_session(&self, may_write: bool, withheld: &[&str]) -> Workshop {
        let store = Arc::new(BuildFolders::new(&self.folder.path().join("state")));
        let operator = may_write.then(|| Arc::new(Beyond) as Arc<dyn Operator>);
        let withheld = withheld.iter().map(Into::into).collect();
        Workshop::new(Arc::new(Beyond), operator, store, Arc::new(self.clock.clone()), withheld)
    }

    fn state(&self, file: &str) -> std::path::PathBuf {
        self.folder.path().join("state/builds/b-1").join(file)
    }

    /// A program of the test: run by the name of its interpreter, so that nobody writes what is being run.
    fn program(&self, text: &str) -> Program {
        let path = self.folder.path().join("program");
        fs::write(&path, text).unwrap();
        Program {
            program: "sh".into(),
            arguments: vec![path.to_str().unwrap().into()],
            folder: None,
            environment: [].into(),
            aws_environment: false,
        }
    }

    fn start(&self, text: &str) -> StartBuild {
        start(Builder::Command(self.program(text)))
    }
}

fn start(builder: Builder) -> StartBuild {
    StartBuild {
        revision: None,
        build: "b-1".into(),
        family: "app".into(),
        version: "1.2.3".into(),
        image: ImageId::to_be(&"app".into()),
        parent: Some("ami-9".into()),
        builder,
        limit: 3_600,
    }
}

fn place() -> Place {
    Place { account: "123456789012".into(), region: "eu-west-1".into() }
}

async fn apply(workshop: &Workshop, start: &StartBuild) -> Result<Receipt, Failure> {
    workshop.apply(&place(), &Call::StartBuild(Box::new(start.clone()))).await
}

async fn stop(workshop: &Workshop, start: &StartBuild) -> Result<Receipt, Failure> {
    workshop.apply(&place(), &Call::StopBuild(StopBuild { build: start.key() })).await
}

async fn state(workshop: &Workshop, start: &StartBuild) -> Result<BuildState, Failure> {
    match workshop.state(&place(), &Resource::Build(start.key())).await? {
        State::Build(state) => Ok(state),
        other => panic!("{other:?} is no build"),
    }
}

/// Looks until it has ended. Real time, because the programs are real: far more of it than any of them needs.
async fn ended(workshop: &Workshop, start: &StartBuild) -> BuildState {
    until(workshop, start, |state| state.phase != BuildPhase::Running).await
}

async fn until(workshop: &Workshop, start: &StartBuild, is: impl Fn(&BuildState) -> bool) -> BuildState {
    for _ in 0..6_000 {
        let state = state(workshop, start).await.unwrap();
        if is(&state) {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came");
}

fn lines(tail: &Tail) -> Vec<String> {
    tail.lines.iter().map(|line| line.text.to_string()).collect()
}

#[tokio::test]
async fn a_build_runs_tells_its_last_line_and_gives_its_image() {
    let home = Home::new();
    let workshop = home.workshop(&[]);
    let start =
        home.start("echo working; while [ ! -e \"$0.go\" ]; do sleep 0.01; done; echo oops >&2; echo ami-1");
    assert_eq!(state(&workshop, &start).await.unwrap_err().kind, FailureKind::NotFound);
    apply(&workshop, &start).await.unwrap();
    let running = until(&workshop, &start, |state| state.says == Text::new("working")).await;
    assert_eq!(running.since, Some(home.clock.now()));
    let first = workshop.follow(&place(), &start.key(), &Cursor::default()).await.unwrap();
    assert_eq!((lines(&first), first.ended), (vec!["working".to_owned()], false));
    fs::write(home.folder.path().join("program.go"), "").unwrap();
    let built = ended(&workshop, &start).await;
    assert_eq!((built.phase, built.image), (BuildPhase::Succeeded, Some("ami-1".into())));
    let rest = workshop.follow(&place(), &start.key(), &first.next).await.unwrap();
    assert_eq!((lines(&rest), rest.ended), (vec!["oops".to_owned(), "ami-1".to_owned()], true));
}

#[tokio::test]
async fn what_packer_says_is_understood() {
    let home = Home::new();
    let workshop = home.workshop(&[]);
    let program = home.program(
        "echo '1700000000,,ui,say,==> amazon-ebs: Creating AMI'\n\
         echo '1700000001,amazon-ebs,artifact,0,id,eu-west-1:ami-1%!(PACKER_COMMA)us-east-1:ami-2'",
    );
    let start = start(Builder::Packer(program));
    apply(&workshop, &start).await.unwrap();
    let built = ended(&workshop, &start).await;
    assert_eq!((built.phase, built.image), (BuildPhase::Succeeded, Some("ami-1".into())));
    assert_eq!(built.copies, [("us-east-1".into(), "ami-2".into())].into());
    let log = workshop.follow(&place(), &start.key(), &Cursor::default()).await.unwrap();
    assert_eq!(lines(&log)[0], "==> amazon-ebs: Creating AMI");
}

#[tokio::test]
async fn a_build_that_fails_says_why() {
    for (text, why) in [
        ("echo no disk; exit 3", "it ended with status 3: no disk"),
        ("echo ami-1 ami-2", "it ended well, but it told of ami-1 and ami-2, where one image was expected"),
        ("echo ami-9", "it ended well, but it told of ami-9, which it was built on"),
        ("true", "it ended well, but it told of no image"),
        ("kill -9 $$", "it was ended by signal 9"),
    ] {
        let home = Home::new();
        let workshop = home.workshop(&[]);
        let start = home.start(text);
        apply(&workshop, &start).await.unwrap();
        let failed = ended(&workshop, &start).await;
        assert_eq!((failed.phase, failed.says.to_string().as_str()), (BuildPhase::Failed, why));
        assert_eq!(failed.image, None);
    }
}

#[tokio::test]
async fn arguments_of_a_build_cannot_become_options_or_shell_code() {
    let home = Home::new();
    let workshop = home.workshop(&[]);
    let mut program = home.program("for one in \"$@\"; do printf '<%s>\\n' \"$one\"; done; echo ami-1");
    let odd =
        ["version=; rm -rf \"$HOME\"", "--evil", "$(touch evil)", "a b", "", "`id`", "*", "'", "a\nb", "-"];
    program.arguments.extend(odd.iter().map(ToString::to_string));
    program.folder = Some(home.folder.path().to_str().unwrap().into());
    let start = start(Builder::Command(program));
    apply(&workshop, &start).await.unwrap();
    assert_eq!(ended(&workshop, &start).await.phase, BuildPhase::Succeeded);
    let told = fs::read_to_string(home.state("log")).unwrap();
    let expected: Vec<String> = odd.iter().map(|one| format!("<{one}>\n")).collect();
    assert_eq!(told, expected.concat() + "ami-1\n");
    assert!(!home.folder.path().join("evil").exists());
}

#[tokio::test]
async fn secrets_are_not_in_the_environment_of_a_build_unless_it_is_to_have_them() {
    // No test can set variables of its own process: one that is there plays the secret.
    let secret = "CARGO_MANIFEST_DIR";
    let text = format!("echo \"[${secret}][$GIVEN]\"; echo ami-1");
    for (asked, told) in [(false, "[][yes]"), (true, concat!("[", env!("CARGO_MANIFEST_DIR"), "][yes]"))] {
        let home = Home::new();
        let workshop = home.workshop(&[secret, "AWS_SESSION_TOKEN"]);
        let mut program = home.program(&text);
        program.environment = [("GIVEN".into(), "yes".into())].into();
        program.aws_environment = asked;
        let start = start(Builder::Command(program));
        apply(&workshop, &start).await.unwrap();
        ended(&workshop, &start).await;
        let log = fs::read_to_string(home.state("log")).unwrap();
        assert_eq!(log.lines().next(), Some(told));
    }
}

/// Tells whether a process is there; one that has ended and was not waited for is not.
fn is_there(pid: &str) -> bool {
    let state = std::process::Command::new("ps").args(["-o", "stat=", "-p", pid]).output().unwrap();
    let state = String::from_utf8(state.stdout).unwrap();
    !state.trim().is_empty() && !state.starts_with('Z')
}

/// As a job in the background of a script does; the same test in such a process.
#[test]
fn a_build_cleans_up_also_where_flightdeck_ignores_interrupts() {
    let same = concat!(module_path!(), "::a_stopped_build_cleans_up_and_is_heard_to_its_end");
    let (_, same) = same.split_once("::").unwrap();
    let ran = std::process::Command::new("sh")
        .args(["-c", "trap '' INT; exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", same])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
async fn a_stopped_build_cleans_up_and_is_heard_to_its_end() {
    let home = Home::new();
    let workshop = home.workshop(&[]);
    let below = "trap \"echo below; exit\" INT; echo up; while :; do sleep 0.01; done";
    let start = home.start(&format!("trap 'sleep 0.2; echo clean; exit 1' INT\nsh -c '{below}'"));
    apply(&workshop, &start).await.unwrap();
    until(&workshop, &start, |state| state.says == Text::new("up")).await;
    stop(&workshop, &start).await.unwrap();
    let stopped = state(&workshop, &start).await.unwrap();
    assert_eq!((stopped.phase, stopped.says.to_string().as_str()), (BuildPhase::Stopped, "interrupted"));
    let log = workshop.follow(&place(), &start.key(), &Cursor::default()).await.unwrap();
    assert_eq!((lines(&log).join(" "), log.ended), ("up below clean".to_owned(), true));
    // Stopping what is stopped is no failure.
    stop(&workshop, &start).await.unwrap();
}

#[tokio::test]
async fn a_stopped_build_leaves_no_program_behind_that_does_not_heed_the_interrupt() {
    let home = Home::new();
    let workshop = home.workshop(&[]);
    // A shell without job control lets what runs in its background ignore interrupts.
    let start = home.start("(while :; do sleep 0.1; done) & echo $!; wait");
    apply(&workshop, &start).await.unwrap();
    let running = until(&workshop, &start, |state| state.says != Text::new("started")).await;
    let below = running.says.to_string();
    assert!(is_there(&below));
    stop(&workshop, &start).await.unwrap();
    assert!(!is_there(&below));
    assert_eq!(state(&workshop, &start).await.unwrap().phase, BuildPhase::Stopped);
}

#[tokio::test]
async fn a_build_that_does_not_heed_the_interrupt_is_killed_and_says_so() {
    let home = Home::new();
    let workshop = home.workshop(&[]);
    let start = home.start("trap '' INT; echo up; while :; do sleep 0.1; done");
    apply(&workshop, &start).await.unwrap();
    until(&workshop, &start, |state| state.says == Text::new("up")).await;
    let stops = stop(&workshop, &start);
    let passes = async {
        until(&workshop, &start, |state| state.says == Text::new("interrupted, cleaning up: up")).await;
        // Just past the grace, so that the system has its whole time to end what is killed.
        home.clock.pass(Duration::from_secs(601));
    };
    let (stopped, ()) = tokio::join!(stops, passes);
    stopped.unwrap();
    let stopped = state(&workshop, &start).await.unwrap();
    assert_eq!(stopped.phase, BuildPhase::Stopped);
    assert!(stopped.says.to_string().contains("was killed"), "{}", stopped.says);
}

#[tokio::test]
async fn a_build_that_takes_longer_than_it_may_is_interrupted_and_has_failed() {
    let home = Home::new();
    let workshop = home.workshop(&[]);
    let start = home.start("echo up; while :; do sleep 0.05; done");
    apply(&workshop, &start).await.unwrap();
    until(&workshop, &start, |state| state.says == Text::new("up")).await;
    home.clock.pass(Duration::from_secs(3_601));
    // Looking alone must not interrupt anything.
    let only_looks = home.in_session(false, &[]);
    assert_eq!(state(&only_looks, &start).await.unwrap().says, Text::new("up"));
    let failed = ended(&workshop, &start).await;
    assert_eq!(failed.phase, BuildPhase::Failed);
    assert_eq!(failed.says.to_string(), "took longer than 1 h and was interrupted");
}

#[tokio::test]
async fn a_build_that_outlives_flightdeck_is_found_again_and_followed_to_its_end() {
    let home = Home::new();
    let start = home.start("echo up; while [ ! -e \"$0.go\" ]; do sleep 0.01; done; echo ami-1");
    let first = home.workshop(&[]);
    apply(&first, &start).await.unwrap();
    until(&first, &start, |state| state.says == Text::new("up")).await;
    drop(first);
    home.clock.pass(Duration::from_mins(5));
    let second = home.workshop(&[]);
    let running = state(&second, &start).await.unwrap();
    assert_eq!(running.phase, BuildPhase::Running);
    assert!(running.since < Some(home.clock.now()));
    assert_eq!(apply(&second, &start).await.unwrap_err().kind, FailureKind::Refused);
    fs::write(home.folder.path().join("program.go"), "").unwrap();
    let built = ended(&second, &start).await;
    assert_eq!((built.phase, built.image), (BuildPhase::Succeeded, Some("ami-1".into())));
    assert!(built.says.to_string().contains("exit status is not known"), "{}", built.says);
    let log = second.follow(&place(), &start.key(), &Cursor::default()).await.unwrap();
    assert_eq!((lines(&log).join(" "), log.ended), ("up ami-1".to_owned(), true));
}

#[tokio::test]
async fn a_build_that_outlives_flightdeck_can_be_stopped_by_the_next_one() {
    let home = Home::new();
    let start = home.start("trap 'echo clean; exit 1' INT; echo up; while :; do sleep 0.01; done");
    let first = home.workshop(&[]);
    apply(&first, &start).await.unwrap();
    until(&first, &start, |state| state.says == Text::new("up")).await;
    drop(first);
    let second = home.workshop(&[]);
    stop(&second, &start).await.unwrap();
    assert_eq!(state(&second, &start).await.unwrap().phase, BuildPhase::Stopped);
    let log = second.follow(&place(), &start.key(), &Cursor::default()).await.unwrap();
    assert_eq!(lines(&log).join(" "), "up clean");
}

#[tokio::test]
async fn another_process_of_the_same_number_is_not_taken_for_the_build() {
    let home = Home::new();
    let start = home.start("echo launching from ami-1");
    let first = home.workshop(&[]);
    apply(&first, &start).await.unwrap();
    while state(&first, &start).await.unwrap().phase == BuildPhase::Running {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // As a flightdeck that was killed would have left it, with the number of a process that runs: this one.
    fs::remove_file(home.state("end.json")).unwrap();
    let number = format!("{{\"pid\":{},\"mark\":\"1\"}}", std::process::id());
    fs::write(home.state("process.json"), number).unwrap();
    let second = home.workshop(&[]);
    let lost = state(&second, &start).await.unwrap();
    assert_eq!(lost.phase, BuildPhase::Failed);
    let why = "it ended while nobody watched, and it told of no image: launching from ami-1";
    assert_eq!(lost.says.to_string(), why);
    stop(&second, &start).await.unwrap();
}

#[tokio::test]
async fn a_build_of_another_machine_is_not_judged_here() {
    let home = Home::new();
    let start = home.start("echo ami-1");
    let first = home.workshop(&[]);
    apply(&first, &start).await.unwrap();
    ended(&first, &start).await;
    fs::remove_file(home.state("end.json")).unwrap();
    let begun = fs::read_to_string(home.state("begun.json")).unwrap();
    let mut begun: serde_json::Value = serde_json::from_str(&begun).unwrap();
    begun["machine"]["name"] = "elsewhere".into();
    begun["machine"]["boot"] = "another".into();
    fs::write(home.state("begun.json"), begun.to_string()).unwrap();
    let failure = state(&home.workshop(&[]), &start).await.unwrap_err();
    assert_eq!(failure.why, "it runs on the machine elsewhere");
}

#[tokio::test]
async fn what_cannot_be_started_is_refused_and_leaves_nothing() {
    let home = Home::new();
    let workshop = home.workshop(&[]);
    let missing = |program: &str| Program { program: program.into(), ..home.program("") };
    let folder = Program { folder: Some("/nowhere/at/all".into()), ..home.program("echo ami-1") };
    let odd = Program { environment: [("A=B".into(), "c".into())].into(), ..home.program("") };
    for (program, why) in [
        (missing("packer-of-nobody"), "packer-of-nobody is not on the search path"),
        (
            missing("/nowhere/packer"),
            "there is no program /nowhere/packer, or what its first line names is missing",
        ),
        (folder, "there is no folder /nowhere/at/all, where it is to run"),
        (odd, "\"A=B\" is no name of an environment variable"),
        (missing(""), "no program is named"),
    ] {
        let start = start(Builder::Packer(program));
        let failure = apply(&workshop, &start).await.unwrap_err();
        assert_eq!((failure.kind, failure.why.as_str()), (FailureKind::Refused, why));
        assert!(!failure.remedy.is_empty());
        assert!(!home.state("").exists());
        assert_eq!(state(&workshop, &start).await.unwrap_err().kind, FailureKind::NotFound);
    }
}

#[tokio::test]
async fn a_build_is_known_by_its_builder_too() {
    let home = Home::new();
    let workshop = home.workshop(&[]);
    let start = home.start("echo ami-1");
    apply(&workshop, &start).await.unwrap();
    ended(&workshop, &start).await;
    let other = StartBuild { builder: Builder::Packer(home.program("")), ..start.clone() };
    assert_eq!(state(&workshop, &other).await.unwrap_err().kind, FailureKind::NotFound);
    assert_eq!(apply(&workshop, &other).await.unwrap_err().kind, FailureKind::Refused);
}

#[tokio::test]
async fn a_session_that_may_not_write_starts_and_stops_nothing_and_writes_nothing() {
    let home = Home::new();
    let workshop = home.workshop(&[]);
    let only_looks = home.in_session(false, &[]);
    let start = home.start("echo ami-1");
    assert_eq!(apply(&only_looks, &start).await.unwrap_err().kind, FailureKind::Refused);
    assert!(!home.state("").exists());
    apply(&workshop, &start).await.unwrap();
    drop(workshop);
    let built = ended(&only_looks, &start).await;
    assert_eq!(built.image, Some("ami-1".into()));
    assert!(!home.state("end.json").exists());
    assert_eq!(stop(&only_looks, &start).await.unwrap_err().kind, FailureKind::Refused);
}

#[tokio::test]
async fn whatever_is_not_built_here_is_the_clouds() {
    let workshop = Home::new().workshop(&[]);
    let project = CodeBuild {
        project: "images".into(),
        source_version: None,
        environment: [].into(),
        image_variable: None,
    };
    let start = start(Builder::CodeBuild(project));
    for failure in [
        apply(&workshop, &start).await.unwrap_err(),
        stop(&workshop, &start).await.unwrap_err(),
        state(&workshop, &start).await.unwrap_err(),
        workshop.state(&place(), &Resource::Image("ami-1".into())).await.unwrap_err(),
        workshop.identity().await.unwrap_err(),
        workshop.places().await.unwrap_err(),
        workshop.observe(&Scope::Complete).await.unwrap_err(),
        workshop.entries(&place(), &[]).await.unwrap_err(),
    ] {
        assert_eq!(failure.why, "the cloud was asked");
    }
    let nobody = workshop.follow(&place(), &start.key(), &Cursor::default()).await.unwrap_err();
    assert_eq!(nobody.kind, FailureKind::Unsupported);
    assert_eq!(workshop.calls_last_minute(), 7);
}
