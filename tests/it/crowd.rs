//! Many at once: one member's trembling finger, and six hundred members behind one address.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde_json::json;
use tests::TestApp;

#[actix_web::test]
async fn twenty_parallel_taps_of_one_member_leave_one_row() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let screen = t.arrive(&activity).await;
    let token = t.token("chen").await;
    let path = format!("/activities/{activity}/check-ins");

    let taps = (0..20).map(|tap| {
        let body = json!({ "code": screen["code"], "client_id": format!("tap-{tap}") });
        let (client, token, path) = (&t.client, &token, &path);
        async move {
            client
                .call(reqwest::Method::POST, Some(token), path, Some(&body))
                .await
                .expect("an answer")
        }
    });
    let answers = futures_util::future::join_all(taps).await;

    let created = answers.iter().filter(|answer| answer.status == 201).count();
    let found = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((created, found), (1, 19), "{answers:?}");
    assert!(
        answers
            .iter()
            .all(|answer| answer.body["at"] == answers[0].body["at"])
    );
    assert_eq!(t.count_checkins(&activity).await, 1);
}

#[actix_web::test]
async fn six_hundred_members_behind_one_address_all_get_in_once() {
    let t = TestApp::start().await;
    let crowd = t.crowd(600).await;
    let activity = t.activity("全体学习").await;
    let screen = t.arrive(&activity).await;
    let tokens = t.crowd_tokens(&crowd);
    let path = format!("/activities/{activity}/check-ins");
    let started = std::time::Instant::now();

    let answers: Vec<_> = stream::iter(tokens.iter().enumerate())
        .map(|(index, token)| {
            let body = json!({ "code": screen["code"], "client_id": format!("phone-{index}") });
            let (client, path) = (&t.client, &path);
            async move {
                client
                    .call(reqwest::Method::POST, Some(token), path, Some(&body))
                    .await
                    .expect("an answer")
                    .status
            }
        })
        .buffer_unordered(64)
        .collect()
        .await;

    assert!(answers.iter().all(|status| *status == 201), "{answers:?}");
    assert!(
        started.elapsed() < Duration::from_mins(1),
        "600 check-ins took {:?}",
        started.elapsed()
    );
    assert_eq!(t.count_checkins(&activity).await, 600);
}
