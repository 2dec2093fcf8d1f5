//! What WeChat finds in words and pictures, and what follows.

use serde_json::{Value, json};
use wechat::Error;
use wechat::security::{
    Judgement, Label, MediaKind, Scene, Unjudged, Verdict, Words, settle, settle_media,
};

use crate::fake::{Fake, Told, refusal};
use crate::vectors::{entries, text, vectors};

const WORDS: &str = "/wxa/msg_sec_check";
const MEDIA: &str = "/wxa/media_check_async";

fn words() -> Words {
    Words {
        openid: "o1".into(),
        scene: Scene::Forum,
        content: "建议加强老旧小区改造".into(),
        title: Some("提案".into()),
        nickname: None,
    }
}

fn found(suggest: &str, label: i64, detail: &Value) -> Value {
    json!({
        "errcode": 0, "errmsg": "ok", "result": { "suggest": suggest, "label": label },
        "detail": detail, "trace_id": "trace-1",
    })
}

async fn verdict(body: &Value) -> (Verdict, Label) {
    let fake = Fake::telling(WORDS, body);
    let judgement = fake.account().check_words(&words()).await.unwrap();
    (judgement.verdict, judgement.label)
}

#[actix_web::test]
async fn words_go_out_with_their_writer_and_their_place() {
    let fake = Fake::telling(WORDS, &found("pass", 100, &json!([])));
    let judgement = fake.account().check_words(&words()).await.unwrap();
    assert_eq!(
        judgement,
        Judgement {
            verdict: Verdict::Pass,
            suggest: "pass".into(),
            label: Label::OK,
            trace_id: "trace-1".into()
        }
    );
    assert_eq!(
        fake.only(WORDS).json(),
        json!({
            "version": 2, "scene": 3, "openid": "o1", "title": "提案",
            "content": "建议加强老旧小区改造",
        })
    );
}

#[actix_web::test]
async fn politics_is_never_refused_by_a_machine() {
    let sample = entries(&vectors("api_responses"), "cases")
        .into_iter()
        .find(|case| text(case, "api") == "POST /wxa/msg_sec_check")
        .unwrap();
    let review = (Verdict::HumanReview, Label::POLITICS);
    assert_eq!(verdict(&sample["body"]).await, review);
    assert_eq!(verdict(&found("review", 20001, &json!([]))).await, review);

    let two = json!([
        { "strategy": "content_model", "suggest": "risky", "label": 20003, "prob": 90 },
        { "strategy": "keyword", "suggest": "risky", "label": "20001", "keyword": "x" },
    ]);
    assert_eq!(verdict(&found("risky", 20003, &two)).await, review);
}

#[actix_web::test]
async fn other_risks_are_risks_and_what_is_unclear_goes_to_a_person() {
    let abuse = (Verdict::Risky, Label::ABUSE);
    assert_eq!(verdict(&found("risky", 20003, &json!([]))).await, abuse);
    let passing = json!([{ "suggest": "pass", "label": 20001 }]);
    assert_eq!(verdict(&found("risky", 20003, &passing)).await, abuse);
    assert_eq!(
        verdict(&found("review", 20006, &json!([]))).await,
        (Verdict::HumanReview, Label::CRIME)
    );
    assert_eq!(
        verdict(&found("odd", 1, &json!([]))).await,
        (Verdict::HumanReview, Label(1))
    );
    assert_eq!(
        verdict(&json!({ "result": {} })).await,
        (Verdict::HumanReview, Label::OTHER)
    );
}

#[actix_web::test]
async fn a_long_text_is_judged_in_pieces_and_the_worst_counts() {
    let fake = Fake::telling(WORDS, &found("pass", 100, &json!([])));
    fake.tell_json(WORDS, &found("risky", 10001, &json!([])));
    fake.tell_json(WORDS, &found("pass", 100, &json!([])));
    let long = Words {
        content: "政".repeat(6000),
        ..words()
    };
    let judgement = fake.account().check_words(&long).await.unwrap();
    assert_eq!(
        (judgement.verdict, judgement.label),
        (Verdict::Risky, Label::ADVERTISING)
    );
    let sizes: Vec<_> = fake
        .seen(WORDS)
        .iter()
        .map(|seen| text(&seen.json(), "content").chars().count())
        .collect();
    assert_eq!(sizes, [2500, 2500, 1000]);
}

#[actix_web::test]
async fn no_words_are_not_sent() {
    let fake = Fake::start();
    let none = Words {
        content: String::new(),
        ..words()
    };
    let error = fake.account().check_words(&none).await.unwrap_err();
    let Error::Limit(limit) = error else {
        panic!("{error:?}")
    };
    assert_eq!(limit.field, "content");
}

#[actix_web::test]
async fn the_caller_chooses_what_happens_when_wechat_does_not_judge() {
    let fake = Fake::start();
    fake.tell_token("token-1", 7200);
    fake.tell(WORDS, Told::silent());
    fake.tell_json(WORDS, &refusal(61010));
    fake.tell_json(WORDS, &refusal(45009));
    fake.tell_json(WORDS, &refusal(87014));
    let account = fake.impatient();

    for _ in 0..3 {
        let judged = account.check_words(&words()).await;
        assert!(judged.is_err());
        assert_eq!(settle(&judged, Unjudged::Open), Verdict::Pass);
        assert_eq!(settle(&judged, Unjudged::Closed), Verdict::HumanReview);
    }
    let illegal = account.check_words(&words()).await;
    assert_eq!(settle(&illegal, Unjudged::Open), Verdict::HumanReview);

    let judged = Ok(Judgement::read("risky", Label::FRAUD, "trace-1"));
    assert_eq!(settle(&judged, Unjudged::Open), Verdict::Risky);
}

#[actix_web::test]
async fn a_picture_is_judged_later_under_its_number() {
    let fake = Fake::telling(
        MEDIA,
        &json!({ "errcode": 0, "trace_id": "60f96f1d-3845297a" }),
    );
    let trace_id = fake
        .account()
        .check_media(
            "https://files.example/1.png",
            MediaKind::Image,
            Scene::Comment,
            "o1",
        )
        .await;
    assert_eq!(trace_id.as_deref(), Ok("60f96f1d-3845297a"));
    assert_eq!(
        fake.only(MEDIA).json(),
        json!({
            "media_url": "https://files.example/1.png", "media_type": 2, "version": 2,
            "scene": 2, "openid": "o1",
        })
    );
}

#[test]
fn the_judgement_of_a_picture_follows_the_same_rules() {
    let judged = |code, suggest, label| settle_media(code, suggest, label, Unjudged::Open);
    assert_eq!(judged(Some(0), Some("pass"), Some(100)), Verdict::Pass);
    assert_eq!(judged(Some(0), Some("risky"), Some(20002)), Verdict::Risky);
    assert_eq!(
        judged(None, Some("risky"), Some(20001)),
        Verdict::HumanReview
    );
    assert_eq!(judged(Some(0), Some("risky"), None), Verdict::Risky);

    // -1008: WeChat could not fetch it.
    for (unjudged, verdict) in [
        (Unjudged::Open, Verdict::Pass),
        (Unjudged::Closed, Verdict::HumanReview),
    ] {
        assert_eq!(settle_media(Some(-1008), None, None, unjudged), verdict);
        assert_eq!(
            settle_media(Some(-1008), Some("risky"), Some(20002), unjudged),
            verdict
        );
        assert_eq!(settle_media(Some(0), None, None, unjudged), verdict);
    }
}
