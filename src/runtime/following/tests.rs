//! Logs of builds of the simulated fleet, on a paused clock.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::*;
use crate::fleet::{Cursor, Naming, Place};
use crate::plan::{Builder, Call, Program, StartBuild};
use crate::provider::Operator as _;
use crate::provider::demo::{BuildFate, Demo, Options};
use crate::runtime::cycle::Arrival;
use crate::runtime::testing::Paused;

async fn building(fate: BuildFate) -> (Arc<Demo>, Arc<Paused>, Follow) {
    let clock = Arc::new(Paused::new());
    let demo = Arc::new(Demo::new(Options::default(), Naming::default(), clock.clone()));
    demo.weather(|weather| weather.builds.push_back(fate));
    let place: Place = demo.places().await.unwrap()[0].clone();
    let program = Program {
        program: "packer".into(),
        arguments: Vec::new(),
        folder: None,
        environment: std::collections::BTreeMap::default(),
        aws_environment: false,
    };
    let start = StartBuild {
        revision: None,
        build: "b-1".into(),
        family: "orders".into(),
        version: "9.0.0".into(),
        image: "image".into(),
        parent: None,
        builder: Builder::Packer(program),
        limit: 3600,
    };
    let build = start.key();
    demo.apply(&place, &Call::StartBuild(Box::new(start))).await.unwrap();
    (demo, clock, Follow { epoch: 7, place, build, from: Cursor::default() })
}

/// Follows to the end, and gives everything that was heard, with its epoch.
async fn heard(demo: &Demo, clock: &Paused, log: Follow) -> Vec<(u64, Heard)> {
    let (queue, mut arrivals) = mpsc::channel(1000);
    follow(demo, clock, &queue, log).await;
    let mut all = Vec::new();
    while let Ok(arrival) = arrivals.try_recv() {
        if let Arrival::Message(Message::Tail { epoch, heard }) = arrival {
            all.push((epoch, *heard));
        }
    }
    all
}

#[tokio::test(start_paused = true)]
async fn a_log_is_followed_to_its_end_in_bounded_parts_and_then_left() {
    let (demo, clock, follow) = building(BuildFate::Talks).await;
    let began = clock.monotonic();
    let all = heard(&demo, &clock, follow.clone()).await;
    let took = clock.monotonic().saturating_sub(began).as_secs();
    assert!((120..=301).contains(&took) && all.len() <= 305, "{took} s, {} parts", all.len());
    assert!(all.iter().all(|(epoch, _)| *epoch == 7));
    let parts: Vec<&Tail> = all.iter().map(|(_, heard)| heard.part.as_ref().unwrap()).collect();
    assert!(parts.iter().all(|part| part.lines.len() <= Tail::MOST && part.dropped == 0));
    let (last, before) = parts.split_last().unwrap();
    assert!(last.ended && before.iter().all(|part| !part.ended));
    let state = all.last().unwrap().1.state.as_ref().unwrap();
    assert_eq!(state.phase, BuildPhase::Succeeded);
    let lines: usize = parts.iter().map(|part| part.lines.len()).sum();
    let whole = demo.follow(&follow.place, &follow.build, &Cursor::default()).await.unwrap();
    assert_eq!(lines as u64, whole.dropped + whole.lines.len() as u64, "each line once");
}

#[tokio::test(start_paused = true)]
async fn a_part_that_cannot_be_read_is_told_and_tried_again_and_what_nobody_keeps_is_not() {
    let (demo, clock, follow) = building(BuildFate::Well).await;
    demo.weather(|weather| weather.outage = Some(FailureKind::Unsupported));
    let all = heard(&demo, &clock, follow.clone()).await;
    assert!(matches!(&all[..], [(7, Heard { part: Err(_), state: None })]), "{all:?}");
    demo.weather(|weather| weather.outage = Some(FailureKind::Unreachable));
    let mends = async {
        clock.sleep(Duration::from_secs(12)).await;
        demo.weather(|weather| weather.outage = None);
    };
    let (all, ()) = tokio::join!(heard(&demo, &clock, follow), mends);
    let failed = all.iter().take_while(|(_, heard)| heard.part.is_err()).count();
    assert_eq!(failed, 3);
    assert!(all.last().unwrap().1.part.as_ref().unwrap().ended);
}
