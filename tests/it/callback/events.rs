//! What follows from a push after it was answered: in WeChat's order, once, whatever goes wrong.

use entity::{Scoped, callback, identity, job, media_check, subscription_credit};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use tests::{TestApp, until};

use super::forge::{account, event, inside, push, sealed, send};

/// Credits of somebody that are left.
async fn credits(t: &TestApp, openid: &str) -> u64 {
    let identity = identity::Entity::of(t.committee)
        .filter(identity::Column::Openid.eq(openid))
        .one(t.app.db.read())
        .await
        .unwrap()
        .expect("he is known");
    subscription_credit::Entity::of(t.committee)
        .filter(subscription_credit::Column::IdentityId.eq(identity.id))
        .filter(subscription_credit::Column::VoidAt.is_null())
        .count(t.app.db.read())
        .await
        .unwrap()
}

/// A subscribe event in JSON whose `List` is as given.
async fn subscribe_event(t: &TestApp, name: &str, at: i64, list: Value) {
    let account = account();
    let inside = json!({
        "ToUserName": account.gh_id, "FromUserName": "o-1", "CreateTime": at.to_string(),
        "MsgType": "event", "Event": name, "List": list,
    });
    let request = sealed(t, &account, &inside.to_string());
    for _ in 0..2 {
        assert_eq!(send(t, &request).await, (200, "success".to_owned()));
    }
    t.run_jobs().await;
}

#[actix_web::test]
async fn what_somebody_agrees_to_is_counted_once_be_it_one_template_or_several() {
    let t = TestApp::start().await;
    let now = t.now().timestamp();
    send(&t, &push(&t, &account(), "subscribe", "o-1", now)).await;
    t.run_jobs().await;
    let answer = |template: &str, status: &str| json!({ "TemplateId": template, "SubscribeStatusString": status, "PopupScene": "0" });

    subscribe_event(&t, "subscribe_msg_popup_event", now, answer("A", "accept")).await;
    assert_eq!(credits(&t, "o-1").await, 1);
    let two = json!([
        answer("A", "accept"),
        answer("B", "accept"),
        answer("C", "reject")
    ]);
    subscribe_event(&t, "subscribe_msg_popup_event", now + 60, two).await;
    assert_eq!(credits(&t, "o-1").await, 3);
    // A "no" in a popup takes nothing away, one in the settings does.
    subscribe_event(
        &t,
        "subscribe_msg_popup_event",
        now + 61,
        answer("A", "reject"),
    )
    .await;
    assert_eq!(credits(&t, "o-1").await, 3);
    subscribe_event(
        &t,
        "subscribe_msg_change_event",
        now + 62,
        answer("A", "reject"),
    )
    .await;
    assert_eq!(credits(&t, "o-1").await, 1);
}

#[actix_web::test]
async fn the_same_event_in_xml_is_counted_too() {
    let t = TestApp::start().await;
    let (account, now) = (account(), t.now().timestamp());
    send(&t, &push(&t, &account, "subscribe", "o-1", now)).await;
    t.run_jobs().await;
    let list = "<SubscribeMsgPopupEvent><List><TemplateId>A</TemplateId>\
                <SubscribeStatusString>accept</SubscribeStatusString></List><List>\
                <TemplateId>B</TemplateId><SubscribeStatusString>accept</SubscribeStatusString>\
                </List></SubscribeMsgPopupEvent>";
    let fields = event("subscribe_msg_popup_event", list);
    let request = sealed(&t, &account, &inside(&account, "o-1", now, &fields));

    assert_eq!(send(&t, &request).await.0, 200);
    t.run_jobs().await;

    assert_eq!(credits(&t, "o-1").await, 2);
}

#[actix_web::test]
async fn a_report_on_a_subscription_message_nobody_knows_waits_an_hour_and_is_let_go() {
    let t = TestApp::start().await;
    let now = t.now().timestamp();
    let sent = json!({ "TemplateId": "A", "MsgID": "1700827132819554304", "ErrorCode": "0", "ErrorStatus": "success" });
    subscribe_event(&t, "subscribe_msg_sent_event", now, sent).await;
    let open = async || {
        callback::Entity::of(t.committee)
            .filter(callback::Column::HandledAt.is_null())
            .count(t.app.db.read())
            .await
            .unwrap()
    };
    until("only this one waits", async || {
        t.run_jobs().await;
        open().await == 1
    })
    .await;

    t.pass_minutes(61);
    until("it is let go", async || {
        t.run_jobs().await;
        open().await == 0
    })
    .await;
}

#[actix_web::test]
async fn what_wechat_found_in_a_picture_is_kept_once() {
    let t = TestApp::start().await;
    let account = account();
    let found = json!({
        "ToUserName": account.gh_id, "FromUserName": "o-1", "CreateTime": 1_789_347_600, "MsgType": "event",
        "Event": "wxa_media_check", "appid": account.app_id, "trace_id": "60ae120f-371d5872-4941a05b",
        "version": 2, "errcode": 0, "result": { "suggest": "risky", "label": 20001 },
    });
    for _ in 0..2 {
        let request = sealed(&t, &account, &found.to_string());
        assert_eq!(send(&t, &request).await, (200, "success".to_owned()));
    }
    t.run_jobs().await;

    let rows = media_check::Entity::of(t.committee)
        .all(t.app.db.read())
        .await
        .unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].suggest.as_deref(), rows[0].label, rows[0].code),
        (Some("risky"), Some(20001), Some(0))
    );
}

#[actix_web::test]
async fn one_job_handles_all_that_is_open_in_the_order_of_wechats_clock() {
    let t = TestApp::start().await;
    let (account, now) = (account(), t.now().timestamp());
    // They come in the wrong order and wait together.
    for (name, at) in [("subscribe", 40), ("unsubscribe", 30), ("subscribe", 20)] {
        send(&t, &push(&t, &account, name, "o-1", now + at)).await;
    }

    assert_eq!(
        super::following(&t, "o-1").await,
        None,
        "nothing is done before the answer"
    );
    t.run_jobs().await;

    assert_eq!(super::following(&t, "o-1").await, Some(true));
    let rows = callback::Entity::of(t.committee)
        .all(t.app.db.read())
        .await
        .unwrap();
    assert!(rows.iter().all(|row| row.handled_at.is_some()));
    // Handled in order, the middle one was true for a moment, and all three were asked after
    // once: the first, and the last.
    let follows = job::Entity::of(t.committee)
        .filter(job::Column::Kind.eq("follower.link"))
        .all(t.app.db.read())
        .await
        .unwrap();
    let of_stranger = follows
        .iter()
        .filter_map(|job| job.unique_key.as_deref())
        .filter(|key| {
            key.ends_with(&(now + 20).to_string()) || key.ends_with(&(now + 40).to_string())
        });
    assert_eq!(of_stranger.count(), 2);
}

#[actix_web::test]
async fn a_push_that_cannot_be_handled_holds_up_no_other_and_is_tried_again() {
    let t = TestApp::start().await;
    let (account, now) = (account(), t.now().timestamp());
    send(&t, &push(&t, &account, "subscribe", "o-broken", now)).await;
    let broken = callback::Entity::of(t.committee)
        .all(t.app.db.read())
        .await
        .unwrap()
        .into_iter()
        .find(|row| row.event["openid"] == "o-broken")
        .expect("it is stored");
    let set = async |event: Value| {
        t.app
            .db
            .housekeeping(async |txn| {
                callback::Entity::update_many()
                    .col_expr(callback::Column::Event, Expr::value(event))
                    .filter(callback::Column::CommitteeId.eq(t.committee))
                    .filter(callback::Column::Id.eq(broken.id))
                    .exec(txn)
                    .await?;
                Ok(())
            })
            .await
            .unwrap();
    };
    set(json!({ "openid": 7 })).await;
    send(&t, &push(&t, &account, "subscribe", "o-whole", now + 1)).await;

    t.run_jobs().await;
    assert_eq!(super::following(&t, "o-whole").await, Some(true));
    assert_eq!(super::following(&t, "o-broken").await, None);

    set(broken.event.clone()).await;
    t.pass_minutes(60);
    t.run_jobs().await;
    assert_eq!(super::following(&t, "o-broken").await, Some(true));
}
