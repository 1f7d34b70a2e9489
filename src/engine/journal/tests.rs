//! Torn tails, flipped bytes, foreign schemas: everything readable is read, the damage is named.

use std::sync::{Arc, Mutex};

use super::*;
use crate::fleet::{ClusterId, Place};
use crate::plan::{Event, OperationId, Who};

/// A store in memory that can be full.
#[derive(Clone, Default)]
struct Memory {
    bytes: Arc<Mutex<Vec<u8>>>,
    full: Arc<Mutex<bool>>,
}

impl JournalStore for Memory {
    fn load(&mut self) -> io::Result<Vec<u8>> {
        Ok(self.bytes.lock().unwrap().clone())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if *self.full.lock().unwrap() {
            // A full disk takes a part.
            self.bytes.lock().unwrap().extend_from_slice(&bytes[..bytes.len() / 2]);
            return Err(io::Error::new(io::ErrorKind::StorageFull, "no space left on device"));
        }
        self.bytes.lock().unwrap().extend_from_slice(bytes);
        Ok(())
    }
}

fn record(operation: &str) -> Record {
    Record {
        schema: RECORD_SCHEMA,
        at: "2026-11-23T03:00:00Z".parse().unwrap(),
        operation: OperationId::new(operation),
        event: Event::Started,
        who: Who { principal: "arn:aws:iam::1:user/ann".into(), host: "laptop".into() },
        why: None,
        verb: "shift".into(),
        cluster: ClusterId {
            place: Place { account: "1".into(), region: "eu-west-1".into() },
            name: "orders".into(),
        },
        digest: "d".into(),
        step: 0,
        of: 0,
        plan: None,
        overrides: Vec::new(),
        epoch: None,
        call: None,
        request_id: None,
        resource: None,
        before: None,
        after: None,
        result: None,
        report: None,
    }
}

fn written(operations: &[&str]) -> Memory {
    let memory = Memory::default();
    let mut journal = Journal::open(Box::new(memory.clone())).unwrap();
    for operation in operations {
        journal.write(record(operation)).unwrap();
    }
    memory
}

fn names(journal: &Journal) -> Vec<String> {
    journal.history().records().iter().map(|record| record.operation.to_string()).collect()
}

#[test]
fn what_was_written_is_read_back() {
    let journal = Journal::open(Box::new(written(&["a", "b"]))).unwrap();
    assert_eq!(names(&journal), ["a", "b"]);
    assert_eq!(journal.damage(), []);
}

#[test]
fn a_torn_tail_is_named_and_the_next_record_stands_on_its_own_line() {
    let memory = written(&["a", "b"]);
    let whole = memory.bytes.lock().unwrap().len();
    memory.bytes.lock().unwrap().truncate(whole - 20);
    let mut journal = Journal::open(Box::new(memory.clone())).unwrap();
    assert_eq!(names(&journal), ["a"]);
    assert_eq!(journal.damage(), [Damage { line: 2, what: "the last record was cut short".into() }]);
    journal.write(record("c")).unwrap();
    let again = Journal::open(Box::new(memory)).unwrap();
    assert_eq!(names(&again), ["a", "c"]);
    assert_eq!(again.damage().len(), 1);
}

#[test]
fn a_flipped_byte_is_named_by_its_line_and_the_others_are_read() {
    let memory = written(&["aaa", "bbb", "ccc"]);
    let at = memory.bytes.lock().unwrap().windows(3).position(|window| window == b"bbb").unwrap();
    memory.bytes.lock().unwrap()[at] = b'x';
    let journal = Journal::open(Box::new(memory)).unwrap();
    assert_eq!(names(&journal), ["aaa", "ccc"]);
    assert_eq!(journal.damage()[0].line, 2);
}

#[test]
fn a_line_taken_out_breaks_the_chain() {
    let memory = written(&["a", "b", "c"]);
    let text = String::from_utf8(memory.bytes.lock().unwrap().clone()).unwrap();
    let kept: Vec<&str> =
        text.lines().enumerate().filter(|(index, _)| *index != 1).map(|(_, line)| line).collect();
    *memory.bytes.lock().unwrap() = format!("{}\n", kept.join("\n")).into_bytes();
    let journal = Journal::open(Box::new(memory)).unwrap();
    assert_eq!(names(&journal), ["a"]);
    assert_eq!(journal.damage().len(), 1);
}

#[test]
fn a_newer_record_is_refused_with_a_sentence() {
    let memory = Memory::default();
    let mut journal = Journal::open(Box::new(memory.clone())).unwrap();
    journal.write(Record { schema: RECORD_SCHEMA + 1, ..record("new") }).unwrap();
    let journal = Journal::open(Box::new(memory)).unwrap();
    assert_eq!(names(&journal), [""; 0]);
    assert!(journal.damage()[0].what.contains("this program knows 1"), "{:?}", journal.damage());
}

#[test]
fn a_full_disk_is_an_error_and_the_journal_goes_on_after_it() {
    let memory = written(&["a"]);
    let mut journal = Journal::open(Box::new(memory.clone())).unwrap();
    *memory.full.lock().unwrap() = true;
    assert!(journal.write(record("b")).unwrap_err().to_string().contains("no space left"));
    *memory.full.lock().unwrap() = false;
    journal.write(record("c")).unwrap();
    assert_eq!(names(&Journal::open(Box::new(memory)).unwrap()), ["a", "c"]);
}

#[test]
fn an_operation_is_left_once_and_only_where_it_was_under_way() {
    let memory = written(&["a", "b"]);
    let mut journal = Journal::open(Box::new(memory)).unwrap();
    let at = "2026-11-23T04:00:00Z".parse().unwrap();
    journal.write(Record { event: Event::Done, ..record("b") }).unwrap();
    for operation in ["a", "a", "b", "never begun"] {
        journal.leave(&OperationId::new(operation), "the terminal was lost", at).unwrap();
    }
    let [.., last] = journal.history().records() else { panic!("there are records") };
    assert_eq!(names(&journal), ["a", "b", "b", "a"]);
    assert_eq!((last.event, last.at), (Event::Held, at));
    assert_eq!(last.result.as_deref(), Some("the terminal was lost"));
}
