use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn home() -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("state/flightdeck");
    (home, path)
}

#[test]
fn the_folder_and_what_is_missing_above_it_are_private() {
    let (_home, path) = home();
    StateFolder::open(&path).unwrap();
    assert_eq!(mode(&path), 0o700);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
}

#[test]
fn a_folder_or_file_that_others_can_read_is_made_private() {
    let (_home, path) = home();
    std::fs::create_dir_all(&path).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::write(path.join("journal"), "old\n").unwrap();
    std::fs::set_permissions(path.join("journal"), PermissionsExt::from_mode(0o644)).unwrap();

    let state = StateFolder::open(&path).unwrap();
    state.append("journal").unwrap().write_all(b"new\n").unwrap();

    assert_eq!(mode(&path), 0o700);
    assert_eq!(mode(&path.join("journal")), 0o600);
    assert_eq!(state.read("journal").unwrap().unwrap(), b"old\nnew\n");
}

#[test]
fn a_link_in_the_place_of_the_folder_is_refused() {
    let (home, path) = home();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    symlink(home.path(), &path).unwrap();
    assert!(matches!(StateFolder::open(&path), Err(FilesError::Link { .. })));
}

#[test]
fn a_link_in_the_place_of_a_file_is_refused_and_its_target_untouched() {
    let (home, path) = home();
    let state = StateFolder::open(&path).unwrap();
    let target = home.path().join("target");
    std::fs::write(&target, "precious").unwrap();
    symlink(&target, path.join("journal")).unwrap();

    assert!(matches!(state.append("journal"), Err(FilesError::Link { .. })));
    assert!(matches!(state.read("journal"), Err(FilesError::Link { .. })));
    assert!(matches!(append(&path.join("journal")), Err(FilesError::Link { .. })));
    state.replace("journal", b"new").unwrap();

    assert_eq!(std::fs::read(&target).unwrap(), b"precious");
    assert_eq!(state.read("journal").unwrap().unwrap(), b"new");
}

#[test]
fn what_is_no_plain_file_is_refused_without_waiting() {
    let (_home, path) = home();
    let state = StateFolder::open(&path).unwrap();
    fs::mkdirat(&state.folder, "journal", FOLDER_MODE).unwrap();
    fs::mkfifoat(&state.folder, "pipe", FILE_MODE).unwrap();
    assert!(matches!(state.append("journal"), Err(FilesError::Kind { .. })));
    assert!(matches!(state.append("pipe"), Err(FilesError::Kind { .. })));
    assert!(matches!(state.read("pipe"), Err(FilesError::Kind { .. })));
}

#[test]
fn a_file_in_the_place_of_the_folder_is_refused() {
    let (_home, path) = home();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "").unwrap();
    assert!(matches!(StateFolder::open(&path), Err(FilesError::Kind { expected: "folder", .. })));
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let (_home, path) = home();
    let state = StateFolder::open(&path).unwrap();
    for name in ["", ".", "..", "../outside", "/tmp/outside", "inner/file"] {
        assert!(matches!(state.append(name), Err(FilesError::Kind { .. })), "{name}");
    }
}

#[test]
fn a_missing_file_is_no_error() {
    let (_home, path) = home();
    assert_eq!(StateFolder::open(&path).unwrap().read("journal").unwrap(), None);
}

#[test]
fn replacing_leaves_one_private_file_and_no_draft() {
    let (_home, path) = home();
    let state = StateFolder::open(&path).unwrap();
    state.replace("record", b"one").unwrap();
    state.replace("record", b"two").unwrap();
    assert_eq!(state.read("record").unwrap().unwrap(), b"two");
    assert_eq!(mode(&path.join("record")), 0o600);
    assert_eq!(std::fs::read_dir(&path).unwrap().count(), 1);
}

#[test]
fn a_replacement_that_fails_leaves_the_old_and_no_draft() {
    let (_home, path) = home();
    let state = StateFolder::open(&path).unwrap();
    // A folder that is not empty cannot be replaced by a file.
    std::fs::create_dir_all(path.join("record/inner")).unwrap();
    assert!(matches!(state.replace("record", b"new"), Err(FilesError::Io { what: "replace", .. })));
    assert!(path.join("record/inner").is_dir());
    assert_eq!(std::fs::read_dir(&path).unwrap().count(), 1);
}

#[test]
fn a_second_cockpit_on_the_same_home_is_told_who_writes() {
    let (_home, path) = home();
    let first = StateFolder::open(&path).unwrap();
    let second = StateFolder::open(&path).unwrap();

    let lock = first.lock().unwrap();
    let refusal = second.lock().unwrap_err();
    assert!(matches!(refusal, FilesError::Busy { holder: Some(pid), .. } if pid == std::process::id()));
    assert!(refusal.to_string().starts_with("another flightdeck (process "), "{refusal}");

    drop(lock);
    second.lock().unwrap();
}

#[test]
fn a_full_disk_says_what_to_do() {
    let error = failed("write", Path::new("/state/journal"))(io::Error::from(io::ErrorKind::StorageFull));
    assert_eq!(error.to_string(), "cannot write /state/journal: no storage space; free some space there");
}
