use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;

use super::*;
use crate::fleet::{Exact, ForwardConfig, GroupStickiness, TargetGroupTuple, same_actions};

fn text() -> impl Strategy<Value = Setting> {
    any::<String>().prop_map(|text| Setting::Text(Exact::new(text)))
}

/// Some of the named text fields.
fn texts(names: &'static [&'static str]) -> impl Strategy<Value = Settings> {
    vec(of(text()), names.len()).prop_map(move |values| {
        names.iter().zip(values).filter_map(|(name, value)| Some(((*name).to_owned(), value?))).collect()
    })
}

fn with(fields: Settings, name: &str, value: Option<Setting>) -> Settings {
    let mut fields = fields;
    fields.extend(value.map(|value| (name.to_owned(), value)));
    fields
}

const OIDC: &[&str] = &[
    "Issuer",
    "AuthorizationEndpoint",
    "TokenEndpoint",
    "UserInfoEndpoint",
    "ClientId",
    "SessionCookieName",
    "Scope",
    "OnUnauthenticatedRequest",
];
const COGNITO: &[&str] = &[
    "UserPoolArn",
    "UserPoolClientId",
    "UserPoolDomain",
    "SessionCookieName",
    "Scope",
    "OnUnauthenticatedRequest",
];

fn login(kind: &'static str, config: &'static str, names: &'static [&'static str]) -> BoxedStrategy<Action> {
    let params = btree_map(any::<String>(), text(), 0..3).prop_map(Setting::Map);
    (texts(names), of(any::<i64>()), of(params))
        .prop_map(move |(fields, timeout, params)| {
            let fields = with(fields, "SessionTimeout", timeout.map(Setting::Number));
            of_kind(kind, config, with(fields, "AuthenticationRequestExtraParams", params))
        })
        .boxed()
}

fn of_kind(kind: &str, config: &str, fields: Settings) -> Action {
    Action {
        kind: kind.into(),
        settings: BTreeMap::from([(config.to_owned(), Setting::Map(fields))]),
        ..Action::default()
    }
}

fn jwt() -> BoxedStrategy<Action> {
    let claim = (text(), text(), of(vec(text(), 0..3))).prop_map(|(format, name, values)| {
        let fields = BTreeMap::from([("Format".into(), format), ("Name".into(), name)]);
        Setting::Map(with(fields, "Values", values.map(Setting::List)))
    });
    (texts(&["JwksEndpoint", "Issuer"]), of(vec(claim, 0..3)))
        .prop_map(|(fields, claims)| {
            let fields = with(fields, "AdditionalClaims", claims.map(Setting::List));
            of_kind("jwt-validation", "JwtValidationConfig", fields)
        })
        .boxed()
}

fn before() -> BoxedStrategy<Action> {
    prop_oneof![
        login("authenticate-oidc", "AuthenticateOidcConfig", OIDC),
        login("authenticate-cognito", "AuthenticateCognitoConfig", COGNITO),
        jwt(),
    ]
    .boxed()
}

fn forward() -> BoxedStrategy<Action> {
    let tuple = (0..100_u32, 1..=999_i32).prop_map(|(n, weight)| TargetGroupTuple {
        target_group_arn: format!("arn:tg-{n}").as_str().into(),
        weight: Some(weight),
    });
    let stickiness = (any::<bool>(), of(1..=604_800_i32))
        .prop_map(|(enabled, duration_seconds)| GroupStickiness { enabled, duration_seconds });
    (vec(tuple, 1..5), of(stickiness))
        .prop_map(|(target_groups, target_group_stickiness_config)| Action {
            kind: "forward".into(),
            forward_config: Some(ForwardConfig { target_groups, target_group_stickiness_config }),
            ..Action::default()
        })
        .boxed()
}

fn routing() -> BoxedStrategy<Action> {
    let redirect =
        (texts(&["Protocol", "Port", "Host", "Path", "Query"]), text()).prop_map(|(fields, status)| {
            of_kind("redirect", "RedirectConfig", with(fields, "StatusCode", Some(status)))
        });
    let fixed = (texts(&["MessageBody", "ContentType"]), text()).prop_map(|(fields, status)| {
        of_kind("fixed-response", "FixedResponseConfig", with(fields, "StatusCode", Some(status)))
    });
    let simple = any::<u32>().prop_map(|n| Action {
        kind: "forward".into(),
        target_group_arn: Some(format!("arn:tg-{n}").as_str().into()),
        ..Action::default()
    });
    prop_oneof![3 => forward(), 1 => simple, 1 => redirect, 1 => fixed].boxed()
}

fn list() -> impl Strategy<Value = Actions> {
    (vec(before(), 0..3), routing(), any::<bool>()).prop_map(|(mut actions, last, numbered)| {
        actions.push(last);
        for (n, action) in (1..).zip(&mut actions) {
            action.order = numbered.then_some(n);
        }
        actions
    })
}

proptest! {
    #[test]
    fn a_list_survives_the_way_to_the_sdk_and_back(actions in list()) {
        prop_assert_eq!(read(&write(&actions).unwrap()), actions);
    }

    #[test]
    fn an_unknown_setting_is_never_dropped_in_silence(action in routing(), name in "[A-Z][a-z]{3,9}") {
        let mut odd = action.clone();
        odd.settings.insert(name.clone(), Setting::Map(BTreeMap::new()));
        prop_assert_eq!(write(&[odd]), Err(Unfit::Setting(name.clone())));
        if let Some((config, Setting::Map(fields))) = action.settings.first_key_value() {
            let mut fields = fields.clone();
            fields.insert(name.clone(), Setting::Flag(true));
            let odd = of_kind(&action.kind, config, fields);
            prop_assert_eq!(write(&[odd]), Err(Unfit::Setting(format!("{config}.{name}"))));
        }
    }
}

fn weighted(weights: &[i32]) -> Action {
    let tuple = |(n, weight): (usize, &i32)| TargetGroupTuple {
        target_group_arn: format!("arn:tg-{n}").as_str().into(),
        weight: Some(*weight),
    };
    Action {
        kind: "forward".into(),
        forward_config: Some(ForwardConfig {
            target_groups: weights.iter().enumerate().map(tuple).collect(),
            target_group_stickiness_config: None,
        }),
        ..Action::default()
    }
}

#[test]
fn weights_that_aws_or_a_stand_in_must_never_see_are_refused() {
    assert!(write(&[weighted(&[0, 999])]).is_ok());
    assert_eq!(write(&[weighted(&[0, 0])]), Err(Unfit::AllZero));
    assert_eq!(write(&[weighted(&[0])]), Err(Unfit::AllZero));
    assert_eq!(write(&[weighted(&[1, 1000])]), Err(Unfit::Weight(1000)));
    assert_eq!(write(&[weighted(&[100, -1])]), Err(Unfit::Weight(-1)));
    assert_eq!(write(&[weighted(&[])]), Err(Unfit::NoTargets));
}

#[test]
fn a_list_without_its_one_routing_action_at_the_end_is_refused() {
    let login = of_kind("authenticate-cognito", "AuthenticateCognitoConfig", Settings::new());
    assert_eq!(write(&[]), Err(Unfit::Routing));
    assert_eq!(write(std::slice::from_ref(&login)), Err(Unfit::Routing));
    assert_eq!(write(&[weighted(&[1]), weighted(&[1])]), Err(Unfit::Routing));
    let numbered = |action: &Action, order| Action { order: Some(order), ..action.clone() };
    assert_eq!(write(&[numbered(&weighted(&[1]), 1), numbered(&login, 2)]), Err(Unfit::Routing));
    assert!(write(&[numbered(&weighted(&[1]), 2), numbered(&login, 1)]).is_ok());
}

#[test]
fn an_unknown_kind_of_action_is_read_and_never_written() {
    let odd = sdk::Action::builder().r#type("teleport".into()).build();
    let actions = read(&[odd]);
    assert_eq!(actions[0].kind, "teleport");
    assert_eq!(write(&actions), Err(Unfit::Kind("teleport".into())));
}

#[test]
fn a_client_secret_is_neither_read_nor_written_and_the_one_aws_holds_is_kept() {
    let config = sdk::AuthenticateOidcActionConfig::builder().client_id("id").client_secret("s3cret").build();
    let login =
        sdk::Action::builder().r#type(sdk::ActionTypeEnum::AuthenticateOidc).authenticate_oidc_config(config);
    let mut actions = read(&[login.build()]);
    assert!(!format!("{actions:?}").contains("s3cret"));
    actions.push(weighted(&[1]));
    let written = write(&actions).unwrap();
    let oidc = written[0].authenticate_oidc_config.as_ref().unwrap();
    assert_eq!((oidc.use_existing_client_secret, oidc.client_secret()), (Some(true), None));
    assert!(same_actions(&actions, &read(&written)));

    let Some(Setting::Map(fields)) = actions[0].settings.get_mut("AuthenticateOidcConfig") else { panic!() };
    fields.insert("ClientSecret".into(), Setting::Text(Exact::new("s3cret")));
    assert_eq!(write(&actions), Err(Unfit::Secret));
}

#[test]
fn the_single_target_group_is_left_out_beside_several() {
    let single = Some("arn:tg-0".into());
    let one = Action { target_group_arn: single.clone(), ..weighted(&[5]) };
    let two = Action { target_group_arn: single, ..weighted(&[5, 5]) };
    assert_eq!(write(&[one]).unwrap()[0].target_group_arn(), Some("arn:tg-0"));
    assert_eq!(write(&[two]).unwrap()[0].target_group_arn(), None);
}
