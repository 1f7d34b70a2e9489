use std::os::fd::OwnedFd;

use super::super::store::{Machine, Part};
use super::*;

/// A log in memory.
struct Bytes(Vec<u8>);

impl BuildStore for Bytes {
    fn make(&self, _: &BuildId, _: &[u8]) -> io::Result<bool> {
        Ok(false)
    }
    fn discard(&self, _: &BuildId) -> io::Result<()> {
        Ok(())
    }
    fn read(&self, _: &BuildId, _: Part) -> io::Result<Option<Vec<u8>>> {
        Ok(None)
    }
    fn write(&self, _: &BuildId, _: Part, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
    fn log_to_write(&self, _: &BuildId) -> io::Result<OwnedFd> {
        Err(io::Error::other("none"))
    }
    fn is_held(&self, _: &BuildId) -> io::Result<bool> {
        Ok(false)
    }
    fn log_length(&self, _: &BuildId) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }
    fn log_window(&self, _: &BuildId, from: u64, most: usize) -> io::Result<Vec<u8>> {
        assert!(most <= WINDOW, "{most} bytes at once");
        let rest = &self.0[usize::try_from(from).unwrap().min(self.0.len())..];
        Ok(rest[..most.min(rest.len())].to_vec())
    }
    fn let_programs_be_interrupted(&self) -> io::Result<()> {
        Ok(())
    }

    fn machine(&self) -> Machine {
        Machine::default()
    }
    fn mark(&self, _: u32) -> Option<String> {
        None
    }
    fn is_folder(&self, _: &str) -> bool {
        false
    }
}

fn part(bytes: &[u8], from: &Cursor, over: bool, by: &BuiltBy) -> Tail {
    let store = Bytes(bytes.to_vec());
    Log { store: &store, build: &"b-1".into(), by }.part(from, over).unwrap()
}

fn begin(bytes: &[u8]) -> Tail {
    part(bytes, &Cursor::default(), true, &BuiltBy::Command)
}

fn numbered(name: &str, count: usize) -> String {
    let lines: Vec<String> = (0..count).map(|n| format!("{name}{n}\n")).collect();
    lines.concat()
}

fn texts(tail: &Tail) -> Vec<String> {
    tail.lines.iter().map(|line| line.text.raw().to_owned()).collect()
}

/// Everything that a reader is given who goes on to the end.
fn all(bytes: &[u8]) -> (Vec<String>, u64) {
    let (mut cursor, mut lines, mut dropped) = (Cursor::default(), Vec::new(), 0);
    for _ in 0..1_000 {
        let tail = part(bytes, &cursor, true, &BuiltBy::Command);
        assert!(tail.lines.len() <= Tail::MOST);
        lines.extend(texts(&tail));
        dropped += tail.dropped;
        cursor = tail.next;
        if tail.ended {
            assert!(lines.iter().all(|line| line.len() <= Tail::WIDEST));
            return (lines, dropped);
        }
    }
    panic!("it never ends");
}

#[test]
fn a_line_is_given_when_its_end_was_written() {
    let first = part(b"one\ntw", &Cursor::default(), false, &BuiltBy::Command);
    assert_eq!((texts(&first), first.ended), (vec!["one".to_owned()], false));
    let second = part(b"one\ntwo\nthr", &first.next, false, &BuiltBy::Command);
    assert_eq!(texts(&second), ["two"]);
    let last = part(b"one\ntwo\nthree", &second.next, true, &BuiltBy::Command);
    assert_eq!((texts(&last), last.ended), (vec!["three".to_owned()], true));
    let empty = begin(b"");
    assert_eq!((empty.lines.len(), empty.ended), (0, true));
}

#[test]
fn a_reader_who_begins_is_given_the_last_lines_and_told_how_many_went_before() {
    let log: String = numbered("line ", 1_000_000);
    let (lines, dropped) = all(log.as_bytes());
    assert_eq!((lines.len(), dropped), (Tail::MOST, 998_000));
    assert_eq!((lines[0].as_str(), lines[1_999].as_str()), ("line 998000", "line 999999"));
    let log: String = numbered("", 2_001);
    assert_eq!(begin(log.as_bytes()).dropped, 1);
    assert_eq!(begin(&log.as_bytes()[2..]).dropped, 0);
    // Without an end the last line is one all the same.
    let tail = begin(log.trim_end().as_bytes());
    assert_eq!((tail.dropped, tail.lines.len()), (1, 2_000));
}

#[test]
fn a_line_of_a_megabyte_is_cut_and_the_rest_of_it_passed_over() {
    let log = format!("before\n{}\nafter\n", "x".repeat(1 << 20));
    let (lines, dropped) = all(log.as_bytes());
    assert_eq!((lines.len(), dropped), (3, 0));
    assert!(lines[1].ends_with("(cut)") && lines[1].len() == Tail::WIDEST);
    assert_eq!(lines[2], "after");
}

#[test]
fn a_line_that_never_ends_is_given_once() {
    let mut log = vec![b'y'; 1 << 20];
    let first = part(&log, &Cursor::default(), false, &BuiltBy::Command);
    assert_eq!((first.lines.len(), first.ended), (1, false));
    log.extend([b'y'; 5_000]);
    let second = part(&log, &first.next, false, &BuiltBy::Command);
    assert_eq!(second.lines.len(), 0);
    log.extend(b"y\nend");
    let third = part(&log, &second.next, true, &BuiltBy::Command);
    assert_eq!((texts(&third), third.ended), (vec!["end".to_owned()], true));
    // Also where it is longer than anybody looks back, and nothing else is there.
    let (lines, _) = all(&vec![b'z'; 20 << 20]);
    assert_eq!(lines.len(), 1);
}

#[test]
fn whatever_a_program_writes_is_harmless() {
    let log =
        b"\x1b[31mred\x1b[0m \x1b]0;title\x07x\n\xff\xfe\x00\xc3\n\x1b]unended\n\xe2\x80\xaeabc\r\n\x1b";
    let tail = begin(log);
    let shown: Vec<String> = tail.lines.iter().map(|line| line.text.to_string()).collect();
    assert_eq!(shown, ["red x", "\u{fffd}\u{fffd}\u{fffd}", "", "abc", ""]);
}

#[test]
fn no_cursor_leads_anywhere_else() {
    for odd in ["x", "-1", "99999999999999999999999", "~", "1e3"] {
        assert_eq!(texts(&part(b"one\n", &Cursor(odd.into()), true, &BuiltBy::Command)), ["one"], "{odd}");
    }
    let beyond = part(b"one\n", &Cursor("99".into()), true, &BuiltBy::Command);
    assert_eq!((beyond.lines.len(), beyond.ended), (0, true));
}

#[test]
fn one_message_of_thousands_of_lines_is_no_longer_than_a_part() {
    let log = format!("1700000000,,ui,say,{}\n1700000000,,ui,say,end\n", "\\n".repeat(8_000));
    let tail = part(log.as_bytes(), &Cursor::default(), true, &BuiltBy::Packer);
    assert!(tail.lines.len() <= Tail::MOST);
    let rest = part(log.as_bytes(), &tail.next, true, &BuiltBy::Packer);
    assert_eq!((texts(&rest), rest.ended), (vec!["end".to_owned()], true));
}

#[test]
fn the_step_is_the_last_that_was_said() {
    let step = |bytes: &[u8], by: &BuiltBy| {
        let store = Bytes(bytes.to_vec());
        Log { store: &store, build: &"b-1".into(), by }.step().unwrap()
    };
    assert_eq!(step(b"one\ntwo\n\n  \n", &BuiltBy::Command).as_deref(), Some("two"));
    assert_eq!(step(b"", &BuiltBy::Command), None);
    let log = b"1700000000,,ui,say,==> a: Creating\n1700000000,,version,1\nnoise\n";
    assert_eq!(step(log, &BuiltBy::Packer).as_deref(), Some("a: Creating"));
}

#[test]
fn the_result_of_a_log_without_end_is_found_at_its_end() {
    let mut log = vec![b'x'; 9 << 20];
    log.extend(b"\nami-1");
    let store = Bytes(log);
    let heard = Log { store: &store, build: &"b-1".into(), by: &BuiltBy::Command }.result(true).unwrap();
    assert_eq!(heard.made.len(), 1);
}
