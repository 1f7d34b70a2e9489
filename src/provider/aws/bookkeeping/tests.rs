use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::*;
use crate::provider::aws::factory::Factory;
use crate::provider::aws::replay::{Answer, Asked as Sent, DATE, Replay};
use crate::provider::aws::testing::{StillClock, reader, who};

const ACCOUNT: &str = "123456789012";

fn place() -> Place {
    Place { account: ACCOUNT.into(), region: "eu-west-1".into() }
}

fn name(epoch: &str) -> EntryName {
    EntryName::of(&["lease", "web", epoch])
}

fn register(answers: impl Fn(&Sent) -> Answer + Send + Sync + 'static) -> (AwsRegister, Replay) {
    let replay = Replay::new(move |sent| match sent.action() {
        "GetCallerIdentity" => who(ACCOUNT),
        _ => answers(sent),
    });
    (over(&replay), replay)
}

fn over(replay: &Replay) -> AwsRegister {
    let factory = Factory::fixed(SharedHttpClient::new(replay.clone()), &["eu-west-1"]);
    AwsRegister::new(Arc::new(Connection::fixed(factory, Arc::new(StillClock))))
}

fn parameter(epoch: &str, version: u64) -> String {
    format!(
        "{{\"Name\":\"/flightdeck/lease/web/{epoch}\",\"Type\":\"String\",\"Value\":\"v{epoch}\",\
         \"Version\":{version},\"LastModifiedDate\":1730775540.5}}"
    )
}

fn puts(replay: &Replay) -> Vec<Sent> {
    replay.asked().into_iter().filter(|sent| sent.action() == "PutParameter").collect()
}

#[tokio::test]
async fn an_entry_is_created_once_and_only_where_there_is_none() {
    let (register, replay) = register(|_| Answer::ok("{\"Version\":1,\"Tier\":\"Standard\"}"));
    assert_eq!(register.create(&place(), &name("7"), "x").await, Ok(Created::Yes));
    let [put] = &puts(&replay)[..] else { panic!("one put") };
    assert_eq!(put.field("Name"), "/flightdeck/lease/web/7");
    assert_eq!((put.field("Overwrite"), put.field("Value")), ("false", "x"));
    assert_eq!((put.field("Tier"), put.field("Type")), ("Standard", "String"));

    let (register, replay) = self::register(|_| Answer::json_error(400, EXISTS));
    assert_eq!(register.create(&place(), &name("7"), "x").await, Ok(Created::Exists));
    assert_eq!(puts(&replay).len(), 1);
}

#[tokio::test]
async fn an_entry_is_overwritten_and_its_version_told() {
    let (register, replay) = register(|_| Answer::ok("{\"Version\":42,\"Tier\":\"Standard\"}"));
    assert_eq!(register.put(&place(), &name("7"), "x").await, Ok(42));
    assert_eq!(puts(&replay)[0].field("Overwrite"), "true");
    assert_eq!(puts(&replay)[0].field("Tier"), "Standard");
}

#[tokio::test]
async fn a_write_that_may_have_been_applied_says_so_and_is_not_repeated() {
    for (answer, maybe, kind) in [
        (Answer::Cut, true, FailureKind::Unreachable),
        (Answer::ok("{}"), true, FailureKind::Other),
        (Answer::json_error(400, AT_ONCE), true, FailureKind::Throttled),
        (Answer::json_error(500, "InternalServerError"), true, FailureKind::Other),
        (Answer::json_error(400, "ThrottlingException"), false, FailureKind::Throttled),
        (Answer::json_error(400, "ParameterLimitExceeded"), false, FailureKind::Other),
        (Answer::json_error(400, "AccessDeniedException"), false, FailureKind::Denied),
    ] {
        let told = answer.clone();
        let (register, replay) = register(move |_| told.clone());
        let failure = register.put(&place(), &name("7"), "x").await.unwrap_err();
        assert_eq!((failure.maybe_applied, failure.kind), (maybe, kind), "{answer:?}: {failure}");
        assert_eq!(puts(&replay).len(), 1, "{answer:?}");
        if kind == FailureKind::Denied {
            assert_eq!(failure.action.as_deref(), Some("ssm:PutParameter"));
        }
    }
}

#[tokio::test]
async fn nothing_is_written_into_another_account() {
    let replay = Replay::new(|_| who("999999999999"));
    let failure = over(&replay).put(&place(), &name("7"), "x").await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Refused);
    assert_eq!(puts(&replay), []);
}

#[tokio::test]
async fn an_entry_that_is_not_there_is_deleted_all_the_same() {
    let (register, _) = register(|_| Answer::json_error(400, "ParameterNotFound"));
    assert_eq!(register.delete(&place(), &name("7")).await, Ok(()));
    let (register, _) = self::register(|_| Answer::json_error(400, "AccessDeniedException"));
    assert!(register.delete(&place(), &name("7")).await.is_err());
}

#[tokio::test]
async fn entries_are_read_by_name_with_the_servers_own_time() {
    let (clients, replay) = reader(|_| {
        Answer::ok(format!(
            "{{\"Parameters\":[{}],\"InvalidParameters\":[\"/flightdeck/lease/web/8\"]}}",
            parameter("7", 3)
        ))
    });
    let entries = named(&clients, &"eu-west-1".into(), &[name("7"), name("8")]).await.unwrap();
    assert_eq!(entries.server_time, DateTimeParser::new().parse_timestamp(DATE).ok());
    assert!(entries.server_time.is_some());
    let modified_at = "2024-11-05T02:59:00.5Z".parse().unwrap();
    let entry = Entry { value: "v7".into(), version: 3, modified_at };
    assert_eq!(entries.found, BTreeMap::from([(name("7"), entry)]));
    assert_eq!(replay.asked()[0].field("WithDecryption"), "");
}

#[tokio::test]
async fn a_list_is_read_to_its_end_by_token_also_over_empty_pages() {
    let (clients, replay) = reader(|sent| {
        let page = |items: &str, next: &str| format!("{{\"Parameters\":[{items}],\"NextToken\":\"{next}\"}}");
        Answer::ok(match sent.field("NextToken") {
            "" => page("", "a"),
            "a" => page(&parameter("1", 1), "b"),
            _ => format!("{{\"Parameters\":[{}]}}", parameter("2", 1)),
        })
    });
    let entries = under(&clients, &"eu-west-1".into(), &EntryName::of(&["lease", "web"])).await.unwrap();
    assert_eq!(entries.found.into_keys().collect::<Vec<_>>(), [name("1"), name("2")]);
    assert_eq!(replay.count("GetParametersByPath"), 3);
    let first = &replay.asked()[0];
    assert_eq!((first.field("Path"), first.field("Recursive")), ("/flightdeck/lease/web", "true"));
}

#[tokio::test]
async fn a_list_that_goes_round_in_circles_ends() {
    let calls = AtomicUsize::new(0);
    let (clients, _) = reader(move |_| {
        assert!(calls.fetch_add(1, Ordering::Relaxed) < 5, "it goes on and on");
        Answer::ok("{\"Parameters\":[],\"NextToken\":\"again\"}")
    });
    assert!(under(&clients, &"eu-west-1".into(), &EntryName::of(&["lease"])).await.is_err());
}
