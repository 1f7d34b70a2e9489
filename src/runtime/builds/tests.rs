mod workshop;

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use super::*;

fn home() -> (tempfile::TempDir, BuildFolders) {
    let home = tempfile::tempdir().unwrap();
    let builds = BuildFolders::new(&home.path().join("flightdeck"));
    (home, builds)
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_build_has_a_private_folder_and_private_files() {
    let (home, builds) = home();
    assert!(builds.make(&"b-1".into(), b"{}").unwrap());
    drop(builds.log_to_write(&"b-1".into()).unwrap());
    let folder = home.path().join("flightdeck/builds/b-1");
    for path in [&folder, folder.parent().unwrap()] {
        assert_eq!(mode(path), 0o700, "{}", path.display());
    }
    for file in ["begun.json", "log"] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
}

#[test]
fn the_same_build_is_made_once() {
    let (_home, builds) = home();
    assert!(builds.make(&"b-1".into(), b"one").unwrap());
    assert!(!builds.make(&"b-1".into(), b"two").unwrap());
    assert_eq!(builds.read(&"b-1".into(), Part::Begun).unwrap().unwrap(), b"one");
    builds.discard(&"b-1".into()).unwrap();
    assert_eq!(builds.read(&"b-1".into(), Part::Begun).unwrap(), None);
    assert!(builds.make(&"b-1".into(), b"two").unwrap());
}

#[test]
fn looking_makes_nothing() {
    let (home, builds) = home();
    assert_eq!(builds.read(&"b-1".into(), Part::Begun).unwrap(), None);
    assert_eq!(builds.log_length(&"b-1".into()).unwrap(), 0);
    assert!(!builds.is_held(&"b-1".into()).unwrap());
    assert!(!home.path().join("flightdeck").exists());
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let (_home, builds) = home();
    for name in ["", ".", "..", "../b", "a/b", "b.1", &"b".repeat(65), "b\n"] {
        assert!(builds.make(&name.into(), b"{}").is_err(), "{name:?}");
        assert!(builds.read(&name.into(), Part::Begun).is_err(), "{name:?}");
    }
}

#[test]
fn nothing_is_reached_through_a_link() {
    let (home, builds) = home();
    let elsewhere = home.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    std::fs::write(elsewhere.join("begun.json"), "{}").unwrap();
    builds.make(&"b-1".into(), b"{}").unwrap();
    let folder = home.path().join("flightdeck/builds");
    symlink(&elsewhere, folder.join("b-2")).unwrap();
    symlink(elsewhere.join("begun.json"), folder.join("b-1/log")).unwrap();
    let linked = builds.read(&"b-2".into(), Part::Begun).unwrap_err().to_string();
    assert!(linked.contains("symbolic link"), "{linked}");
    assert!(builds.log_window(&"b-1".into(), 0, 9).is_err());
    assert!(builds.log_to_write(&"b-1".into()).is_err());
    std::fs::remove_dir_all(folder.join("b-1")).unwrap();
    std::fs::remove_file(folder.join("b-2")).unwrap();
    std::fs::remove_dir(&folder).unwrap();
    symlink(&elsewhere, &folder).unwrap();
    assert!(builds.make(&"b-3".into(), b"{}").is_err());
}

#[test]
fn a_log_is_held_as_long_as_a_program_writes_to_it() {
    let (_home, builds) = home();
    builds.make(&"b-1".into(), b"{}").unwrap();
    let log = builds.log_to_write(&"b-1".into()).unwrap();
    let mut child = Command::new("cat").stdin(std::process::Stdio::piped()).stdout(log).spawn().unwrap();
    assert!(builds.is_held(&"b-1".into()).unwrap());
    let began = builds.mark(child.id());
    assert_eq!(began.is_some(), cfg!(target_os = "linux"));
    assert_eq!(builds.mark(child.id()), began);
    drop(child.stdin.take());
    child.wait().unwrap();
    assert!(!builds.is_held(&"b-1".into()).unwrap());
    assert_eq!(builds.mark(child.id()), None);
}

#[test]
fn a_window_is_short_only_at_the_end() {
    let (home, builds) = home();
    builds.make(&"b-1".into(), b"{}").unwrap();
    assert_eq!(builds.log_window(&"b-1".into(), 0, 4).unwrap(), b"");
    drop(builds.log_to_write(&"b-1".into()).unwrap());
    std::fs::write(home.path().join("flightdeck/builds/b-1/log"), "0123456789").unwrap();
    assert_eq!(builds.log_length(&"b-1".into()).unwrap(), 10);
    assert_eq!(builds.log_window(&"b-1".into(), 2, 4).unwrap(), b"2345");
    assert_eq!(builds.log_window(&"b-1".into(), 8, 4).unwrap(), b"89");
    assert_eq!(builds.log_window(&"b-1".into(), 99, 4).unwrap(), b"");
}
