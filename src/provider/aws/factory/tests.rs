use super::*;

async fn refused(settings: &Settings) -> Failure {
    Factory::load(settings, http_client()).await.unwrap_err()
}

#[tokio::test]
async fn an_endpoint_that_is_no_url_is_refused_before_anything_is_asked() {
    for url in ["localhost:5000", "ftp://host", "http://", "https://user:secret@host", "http://a b"] {
        let settings = Settings { endpoint_url: Some(url.into()), ..Settings::default() };
        let failure = refused(&settings).await;
        assert_eq!(failure.kind, FailureKind::Configuration, "{url}");
    }
    for url in ["http://127.0.0.1:5000", "https://vpce.example", "http://[::1]:80/x"] {
        assert_eq!(check_endpoint(url), Ok(()));
    }
}

#[tokio::test]
async fn an_unknown_profile_is_said_to_be_unknown() {
    let settings = Settings { profile: Some("no-such-profile".into()), ..Settings::default() };
    let failure = refused(&settings).await;
    assert_eq!(failure.kind, FailureKind::Configuration);
    assert!(failure.why.contains("there is no profile no-such-profile"), "{failure}");
}

#[test]
fn no_region_and_an_odd_region_are_told_apart() {
    let config = SdkConfig::builder().build();
    let none = Factory::from_config(&Settings::default(), config.clone()).unwrap_err();
    assert!(none.remedy.contains("--region"), "{none}");
    let settings = Settings { regions: vec!["eu_west_1".into()], ..Settings::default() };
    let odd = Factory::from_config(&settings, config).unwrap_err();
    assert!(odd.why.contains("eu_west_1") && odd.remedy.contains("eu-west-1"), "{odd}");
    let local = SdkConfig::builder().endpoint_url("http://127.0.0.1").build();
    assert!(Factory::from_config(&settings, local).is_ok(), "an endpoint may name its regions as it likes");
}

#[test]
fn a_write_has_one_attempt_and_the_settings_are_pinned() {
    assert_eq!(Lane::Write.retries().max_attempts(), 1);
    assert_eq!(Lane::Idle.retries().max_attempts(), 1);
    assert_eq!(Lane::Asked.retries().max_attempts(), 3);
    for lane in [Lane::Asked, Lane::Idle, Lane::Write] {
        assert!(lane.timeouts().operation_timeout().is_some() && lane.timeouts().connect_timeout().is_some());
    }
}
