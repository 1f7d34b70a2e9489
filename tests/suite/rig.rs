//! The AWS rig from Rust: starts `tests/rig/server.py`, tells it things, reads what it was asked.
//!
//! One server a run plays all tests, each in an account of its own; a second one is moto without the rig's extension.
//! The server lives in a virtual environment under `target/`, made once for each version of its requirements. What
//! can be told is written in `tests/rig/front.py` and `controls.py`; [`beside`] has what others built.

#[cfg(feature = "aws")]
pub mod beside;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const RIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rig");
/// What a test sees of AWS stands here unless it names another region.
pub const REGION: &str = "us-east-1";
/// What must stand in no file.
pub const SECRET: &str = "secret-of-the-rig";

/// One account of a rig, with the fleet of `tests/rig/seed.py` in it.
pub struct Rig {
    server: &'static Server,
    account: String,
    fleet: Value,
}

/// One request the account was asked, in the words of `tests/rig/front.py`.
#[derive(Debug, Clone, Deserialize)]
pub struct Request {
    /// The name it was signed for, which is the prefix of the IAM action.
    pub service: String,
    /// Such as `DescribeInstances`; method and path where the request names none.
    pub operation: String,
    /// Whether it changes anything; the unknown does.
    pub mutating: bool,
    /// Flat, as sent: `Filter.1.Name`.
    pub params: Value,
    /// `None` where the answer was dropped.
    pub status: Option<u16>,
}

impl Request {
    /// Such as `ec2:DescribeInstances`.
    pub fn action(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }
}

impl Rig {
    /// An account for tests that only look.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Rig> = OnceLock::new();
        SHARED.get_or_init(Self::own)
    }

    /// An account that nobody else knows.
    pub fn own() -> Self {
        Self::in_new_account(extended())
    }

    /// An account that nobody else knows, with only these clusters of the fleet, which are made in no time.
    pub fn with(clusters: &[&str]) -> Self {
        let mut rig = Self::in_empty_account(extended());
        rig.fleet = rig.tell("seed", &json!({ "clusters": clusters }));
        rig
    }

    /// An account that nobody else knows, in moto without the rig's extension.
    pub fn plain() -> Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        Self::in_new_account(SERVER.get_or_init(|| Server::start(&["--plain"])))
    }

    /// An account with nothing in it.
    #[cfg(feature = "aws")]
    pub fn empty() -> Self {
        Self::in_empty_account(extended())
    }

    fn in_new_account(server: &'static Server) -> Self {
        let mut rig = Self::in_empty_account(server);
        rig.fleet = rig.tell("seed", &json!({}));
        rig
    }

    fn in_empty_account(server: &'static Server) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(200_000_000_001);
        let account = NEXT.fetch_add(1, Ordering::Relaxed).to_string();
        Self { server, account, fleet: Value::Null }
    }

    /// Twelve digits.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// What brings a program into this account.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.server.port)),
            ("AWS_ACCESS_KEY_ID", format!("AKIA{}RIGS", self.account)),
            ("AWS_SECRET_ACCESS_KEY", SECRET.into()),
            ("AWS_REGION", REGION.into()),
        ]
    }

    /// The id or ARN of something seeded: `rig.id("target_groups", "orders-blue")`.
    pub fn id(&self, kind: &str, name: &str) -> &str {
        self.fleet[kind][name].as_str().unwrap_or_else(|| panic!("the seed has no {kind} {name}"))
    }

    /// The instances of a seeded group, in the order the group gave them.
    pub fn members(&self, group: &str) -> Vec<&str> {
        let members = self.fleet["groups"][group].as_array();
        members
            .unwrap_or_else(|| panic!("the seed has no group {group}"))
            .iter()
            .filter_map(Value::as_str)
            .collect()
    }

    /// Tells the account something; panics with the rig's own words where it refuses.
    pub fn tell(&self, word: &str, what: &Value) -> Value {
        self.server.ask("POST", &format!("/rig/{}/{word}", self.account), what)
    }

    /// One more fault, as in `tests/rig/front.py`.
    pub fn fault(&self, fault: &Value) {
        self.tell("faults", fault);
    }

    /// Takes all faults away and lets go what they hold.
    pub fn heal(&self) {
        self.server.ask("DELETE", &format!("/rig/{}/faults", self.account), &json!({}));
    }

    /// A call by somebody else, which the log does not show: service and operation as boto3 names them.
    pub fn call(&self, service: &str, operation: &str, input: &Value) -> Value {
        self.tell("call", &json!({ "service": service, "operation": operation, "input": input }))
    }

    /// Everything the account was asked, oldest first.
    pub fn log(&self) -> Vec<Request> {
        let log = self.server.ask("GET", &format!("/rig/{}/log", self.account), &json!({}));
        serde_json::from_value(log).expect("a log of requests")
    }

    /// Empties the log.
    pub fn forget(&self) {
        self.tell("log", &json!({}));
    }
}

/// The server with the rig's extension.
fn extended() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(&[]))
}

/// One process of the rig. It ends with its standard input, so also when this process is killed.
pub struct Server {
    process: Child,
    port: u16,
}

impl Server {
    /// Starts one and waits until it listens.
    pub fn start(arguments: &[&str]) -> Self {
        Self::run("requirements.txt", "server.py", arguments)
    }

    fn run(requirements: &str, script: &str, arguments: &[&str]) -> Self {
        let mut process = Command::new(python(requirements))
            .args(["-B", script])
            .args(arguments)
            .current_dir(RIG)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|why| panic!("The AWS rig's Python cannot be started: {why}"));
        let mut hello = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut hello).expect("text");
        let port = serde_json::from_str::<Value>(&hello).ok().and_then(|hello| hello["port"].as_u64());
        let port = port.and_then(|port| u16::try_from(port).ok());
        let port = port.expect("The AWS rig ended before it listened; its own words stand above.");
        Self { process, port }
    }

    /// Where it listens, on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = exchange(self.port, method, path, "", &body.to_string())
            .unwrap_or_else(|why| panic!("The AWS rig does not answer {method} {path}: {why}"));
        assert_eq!(status, 200, "the AWS rig refuses {method} {path}: {answer}");
        serde_json::from_str(&answer)
            .unwrap_or_else(|why| panic!("{method} {path} gave no JSON: {why}: {answer}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends with its standard input, and ends what it started itself.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// One HTTP exchange on loopback: status (0 where the answer was dropped) and body. Each header ends in CR LF.
pub fn exchange(
    port: u16,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n{headers}Connection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Ok((status, body.to_owned()))
}

/// The interpreter of a virtual environment of the rig, which is made where there is none yet.
fn python(requirements: &str) -> PathBuf {
    let requirements = Path::new(RIG).join(requirements);
    let digest = Sha256::digest(fs::read(&requirements).expect("the rig's requirements"));
    let name = digest.iter().take(6).fold("rig-".to_owned(), |name, byte| format!("{name}{byte:02x}"));
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let (python, ready) = (home.join("bin/python"), home.join("ready"));

    // Held until the end of this function: another run may be making it just now.
    let lock = File::create(home.with_extension("lock")).expect("a lock file under target/");
    lock.lock().expect("the lock of the rig's virtual environment");
    if !(ready.exists() && python.exists()) {
        let _ = fs::remove_dir_all(&home);
        run(Command::new("python3").args(["-m", "venv"]).arg(&home), "install python3 with its venv module");
        run(
            Command::new(&python)
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
                .arg(&requirements),
            "it needs pip and the network once",
        );
        File::create(ready).expect("a mark that the virtual environment is complete");
    }
    python
}

fn run(command: &mut Command, remedy: &str) {
    let said = command.stdin(Stdio::null()).output().map_or_else(
        |why| Some(why.to_string()),
        |done| {
            let said = [done.stdout, done.stderr].concat();
            (!done.status.success()).then(|| String::from_utf8_lossy(&said).trim().to_owned())
        },
    );
    if let Some(said) = said {
        let program = command.get_program().to_string_lossy();
        panic!("The AWS rig cannot make its virtual environment, {remedy}: {program}: {said}");
    }
}
