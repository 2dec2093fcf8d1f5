//! Whether a peer does what we do: good and bad check-ins, and the answers of our contract.
//!
//! Asked of our own service too, so that the comparison cannot drift away from it.

use anyhow::{Result, ensure};
use api::app::App;
use api::demo::client::Client;
use domain::checkin::{Slot, code};
use domain::ids::ActivityId;
use entity::session;
use reqwest::StatusCode;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tests::crowd;

use crate::rows;
use tests::stage::{self, Act};

/// One question.
struct Case<'a> {
    name: &'a str,
    token: Option<&'a str>,
    activity: ActivityId,
    body: Value,
    answer: u16,
}

/// Fails at the first answer that is another one, and where a row is missing or too many.
pub async fn compare(app: &App, act: &Act, address: &str) -> Result<()> {
    let closed = stage::closed_activity(app, act.committee).await?;
    let nobody = ActivityId(uuid::Uuid::now_v7());
    let strangers = crowd::gather_from(app, act.committee, 900_000, 1).await?;
    let stranger = crowd::tokens(app, act.committee, &strangers)?.remove(0);
    let token = act.token(app, 0)?;
    let slot = Slot::at(app.clock.now());
    let body = |activity, slot: Slot| {
        let code = code(act.keys.current(), activity, slot);
        json!({ "code": code, "slot": slot, "client_id": "a-phone" })
    };
    let good = body(act.activity, slot);
    let mut wrong = good.clone();
    wrong["code"] = json!("10000000");
    let case = |name, token, activity, body: &Value, answer| Case {
        name,
        token,
        activity,
        body: body.clone(),
        answer,
    };
    let mine = Some(token.as_str());
    let here = act.activity;
    let cases = [
        case("nobody", None, here, &good, 401),
        case("a forged token", Some("a.b.c"), here, &good, 401),
        case("a wrong code", mine, here, &wrong, 422),
        case("no such activity", mine, nobody, &good, 404),
        case("too late", mine, closed, &body(closed, slot), 409),
        case("not invited", Some(&stranger), here, &good, 409),
        case("a good code", mine, here, &good, 201),
        case("the same again", mine, here, &good, 200),
    ];

    let before = rows::count(app).await?;
    let client = Client::new(&format!("http://{address}"))?;
    for case in cases {
        let url = client.url(&format!("/activities/{}/check-ins", case.activity));
        let mut request = client.http().post(url).json(&case.body);
        if let Some(token) = case.token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(
            status == StatusCode::from_u16(case.answer)?,
            "{}: {status} instead of {}: {text}",
            case.name,
            case.answer
        );
    }
    let after = rows::count(app).await?;
    // Who is measured afterwards is invited.
    for one in &strangers {
        let session = session::Entity::delete_by_id((act.committee, one.session));
        session.exec(app.db.migrations()).await?;
    }
    let new = [
        after.checkins - before.checkins,
        after.attended - before.attended,
        after.audited - before.audited,
    ];
    ensure!(
        new == [1, 1, 1],
        "one check-in left {new:?} check-ins, attendances and audit entries"
    );
    Ok(())
}
