//! The nation that is measured: its rows come by `COPY`, past our own code, and must be as good as if
//! they had not.

use api::audit::checkpoint::Checkpoints;
use api::audit::offline::{Source, verify_against};
use domain::checkin::{Slot, code};
use reqwest::Method;
use sea_orm::{DatabaseBackend, EntityTrait, PaginatorTrait};
use serde_json::json;
use tests::TestApp;
use tests::nation::{Nation, Place, References};

const SMALL: Nation = Nation {
    committees: 3,
    members: 5,
    activities: 2,
    facts: 4,
};

#[actix_web::test]
async fn a_nation_can_be_asked_and_proved_like_any_committee() {
    let t = TestApp::start().await;
    let written = SMALL.write(&t.app, 0, References::Checked);
    if t.app.db.engine() != DatabaseBackend::Postgres {
        assert!(written.is_err(), "a nation stands in PostgreSQL only");
        return;
    }
    written.unwrap();

    let place = Place(1);
    let member = place.member_token(&t.app, 4).unwrap();
    let office = place.office_token(&t.app, 0).unwrap();
    let see = async |token: &str, path: &str| {
        let answer = t.client.call(Method::GET, Some(token), path, None).await;
        let answer = answer.unwrap();
        assert_eq!(answer.status, 200, "GET {path}: {}", answer.body);
        answer.body
    };
    assert_eq!(see(&member, "/activities").await["total"], 2);
    assert_eq!(see(&office, "/scores?period=2026").await["total"], 5);
    see(&member, "/me/score?period=2026").await;

    let slot = Slot::at(t.now());
    let body =
        json!({ "code": code(&place.code_key(), place.activity(0), slot), "client_id": "phone" });
    let path = format!("/activities/{}/check-ins", place.activity(0));
    let came = t
        .client
        .call(Method::POST, Some(&member), &path, Some(&body));
    let came = came.await.unwrap();
    assert_eq!(came.status, 201, "{}", came.body);
    let noted = Checkpoints::default();
    let proved = verify_against(Source::Database(&t.app.db), &noted);
    let proved = proved.await.unwrap();
    assert!(proved.ok(), "{proved}");
    assert_eq!(
        entity::fact::Entity::find()
            .count(t.app.db.read())
            .await
            .unwrap(),
        60
    );
}
