//! Logins, profiles, regions and endpoints that are wrong: one sentence that says what to do, and exit code 2.

use serde_json::json;

use super::Desk;
use crate::command::{Ran, run_in};
use crate::home::Home;
use crate::rig::Rig;

/// The rig's environment without some variables.
fn without(rig: &Rig, names: &[&str]) -> Vec<(&'static str, String)> {
    rig.environment().into_iter().filter(|(name, _)| !names.contains(name)).collect()
}

/// One sentence, nothing else.
#[track_caller]
fn assert_says(ran: &Ran, says: &[&str]) {
    assert_eq!((ran.code, &*ran.out), (2, ""), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    assert!(ran.err.starts_with("flightdeck: "), "{}", ran.err);
    for part in says {
        assert!(ran.err.contains(part), "{part:?} is not in {}", ran.err);
    }
}

#[test]
fn no_login_no_region_and_an_unknown_profile_are_told_apart() {
    let rig = Rig::shared();
    let home = Home::empty();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    std::fs::write(home.path().join(".aws/config"), "[profile production]\nregion = us-east-1\n").unwrap();
    let keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

    let no_login = run_in(&home, &without(rig, &keys), &["snapshot"]);
    assert_says(&no_login, &["no AWS credentials were found", "aws sso login", "--demo"]);
    let no_region = run_in(&home, &without(rig, &["AWS_REGION"]), &["snapshot"]);
    assert_says(&no_region, &["no region is set", "--region"]);
    let unknown = run_in(&home, &rig.environment(), &["--profile", "prodution", "snapshot"]);
    assert_says(&unknown, &["there is no profile prodution", "did you mean production?"]);
    let of_environment = [without(rig, &keys), vec![("AWS_PROFILE", "nowhere".to_owned())]].concat();
    assert_says(&run_in(&home, &of_environment, &["snapshot"]), &["there is no profile nowhere"]);
}

#[test]
fn a_profile_named_on_purpose_comes_before_keys_in_the_environment() {
    let (rig, other) = (Rig::shared(), Rig::empty());
    let home = Home::empty();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    let key = &other.environment()[1];
    assert_eq!(key.0, "AWS_ACCESS_KEY_ID");
    let login = format!("[other]\naws_access_key_id = {}\naws_secret_access_key = rig\n", key.1);
    std::fs::write(home.path().join(".aws/credentials"), login).unwrap();
    let account = |arguments: &[&str]| {
        run_in(&home, &rig.environment(), &[arguments, &["snapshot", "--json"]].concat()).json()["account"]
            .clone()
    };
    assert_eq!(account(&[]), rig.account());
    assert_eq!(account(&["--profile", "other"]), other.account());
}

#[test]
fn a_region_or_an_endpoint_that_cannot_be_is_told_without_asking_anybody() {
    let rig = Rig::shared();
    let desk = Desk::at(rig);
    let no_endpoint = without(rig, &["AWS_ENDPOINT_URL"]);
    let region = run_in(&desk.home, &no_endpoint, &["--region", "eu_west_1", "snapshot"]);
    assert_says(&region, &["eu_west_1 is no name of a region", "did you mean eu-west-1?"]);
    let zone = run_in(&desk.home, &no_endpoint, &["--region", "eu-west-1a", "drift", "--json"]);
    assert_says(&zone, &["eu-west-1a is no name of a region"]);
    let endpoint = desk.run(&["--endpoint-url", "localhost", "snapshot"]);
    assert_says(&endpoint, &["the endpoint localhost is no URL", "http://HOST:PORT"]);
    let closed = desk.run(&["--endpoint-url", "http://127.0.0.1:1", "snapshot"]);
    assert_says(&closed, &["no connection", "--endpoint-url"]);
}

#[test]
fn a_login_that_ran_out_says_how_to_log_in_again_and_sends_nothing() {
    let rig = Rig::own();
    let desk = Desk::at(&rig);
    let shift = desk.plan(&["shift", "orders", "--to", "green=25"]);
    rig.forget();
    rig.fault(&json!({ "kind": "expired", "count": null }));
    assert_says(&desk.run(&["snapshot"]), &["the login has expired", "log in again"]);
    assert_says(&desk.run(&["drift", "--json"]), &["the login has expired"]);
    assert_says(&desk.apply(&shift), &["the login has expired"]);
    // It runs out in the middle of a look.
    rig.heal();
    rig.fault(&json!({ "operation": "DescribeTargetHealth", "kind": "expired", "count": null }));
    assert_says(&desk.run(&["snapshot"]), &["the login has expired"]);
    assert!(super::changes(&rig).is_empty());
}

#[test]
fn a_key_that_aws_does_not_know_is_told_from_one_that_may_nothing() {
    let rig = Rig::own();
    rig.fault(&json!({
        "kind": "error", "code": "InvalidClientTokenId", "status": 403, "count": null,
        "message": "The security token included in the request is invalid",
    }));
    assert_says(
        &Desk::at(&rig).run(&["snapshot"]),
        &["AWS does not accept the credentials", "InvalidClientTokenId"],
    );
}

#[test]
fn an_empty_account_says_that_it_is_empty() {
    let rig = Rig::empty();
    let desk = Desk::at(&rig);
    let ran = desk.done(&["snapshot"]);
    assert_eq!(ran.out, "no server groups and no instances were found\n");
    let snapshot = desk.done(&["snapshot", "--json"]).json();
    assert_eq!((&snapshot["clusters"], &snapshot["account"]), (&json!([]), &rig.account().into()));
    assert_eq!(desk.done(&["drift", "--json"]).json()["findings"], json!([]));
}
