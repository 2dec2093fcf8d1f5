//! The publication of a list, objections against it, and what an answer changes.

use serde_json::{Value, json};

use super::stage::{self, Stage, code, names, row};

fn objection(s: &Stage, about: Option<&str>) -> Value {
    let about = about.map(|who| s.t.members[who]);
    json!({ "member_id": about, "text": "提案系他人起草，请核实。" })
}

#[actix_web::test]
async fn a_publication_over_a_holiday_counts_make_up_workdays_and_ends_on_the_right_day() {
    let s = Stage::closed().await;
    let published = s.published("model").await;
    let path = stage::path(&published);
    // 30 September, 8, 9, Saturday 10 (worked) and 12 October.
    assert_eq!(published["published_until"], "2026-10-12");

    // The last day is inside, up to midnight in Shanghai.
    s.t.set("2026-10-12T23:59:00+08:00");
    let body = objection(&s, Some("jin"));
    let objected =
        s.t.act("kong", &format!("{path}/object"), body.clone())
            .await;
    assert_eq!(objected["due_on"], "2026-10-15");
    s.t.set("2026-10-13T00:00:00+08:00");
    assert_eq!(
        s.refused("kong", &path, "object", body).await,
        "publication_closed"
    );
}

#[actix_web::test]
async fn a_year_without_official_table_asks_for_the_last_day_by_hand() {
    let s = Stage::closed().await;
    let path = stage::path(&s.confirmed("model").await);
    s.t.set("2026-12-30T09:00:00+08:00");
    assert_eq!(
        s.refused("office", &path, "publish", json!({})).await,
        "calendar_unconfirmed"
    );
    let unexplained = json!({ "until": "2027-01-08" });
    assert_eq!(
        s.refused("office", &path, "publish", unexplained).await,
        "validation_failed"
    );

    let by_hand = json!({ "until": "2027-01-08", "reason": "2027 年节假日安排尚未公布" });
    let published = s.t.act("office", &format!("{path}/publish"), by_hand).await;

    assert_eq!(
        (&published["published_until"], &published["until_reason"]),
        (&json!("2027-01-08"), &json!("2027 年节假日安排尚未公布"))
    );
}

#[actix_web::test]
async fn a_last_day_by_hand_is_never_before_the_counted_one() {
    let s = Stage::closed().await;
    let path = stage::path(&s.confirmed("model").await);
    s.t.set("2026-09-29T09:00:00+08:00");
    let by_hand = json!({ "until": "2026-10-09", "reason": "尽快" });

    let (status, problem) =
        s.t.post("office", &format!("{path}/publish"), by_hand)
            .await;

    assert_eq!(
        (status, &problem["errors"][0]["code"]),
        (422, &json!("too_early"))
    );
}

#[actix_web::test]
async fn members_see_the_published_list_and_only_their_own_reasons() {
    let s = Stage::closed().await;
    let path = stage::path(&s.published("model").await);

    let seen = s.t.see("jin", &path).await;

    assert_eq!(names(&seen), ["陈晨", "高山", "金秋"]);
    let other = row(&seen, "陈晨");
    assert_eq!(
        (&other["total"], &other["grade"]),
        (&json!("50"), &json!("良好"))
    );
    for hidden in [
        "reasons",
        "outcome",
        "rung",
        "settlement",
        "eligible",
        "nomination",
    ] {
        assert_eq!(other[hidden], Value::Null, "{hidden}");
    }
    assert_eq!(seen["basis"], Value::Null);
    assert_eq!(
        (
            &seen["own"]["outcome"],
            &seen["own"]["settlement"]["reason"]
        ),
        (&json!("tied"), &json!("研究确定"))
    );
    // Who is not on the list reads why in his own row.
    let seen = s.t.see("ding", &path).await;
    assert_eq!(seen["own"]["listed"], json!(false));
    assert!(
        seen["own"]["reasons"][0]["text"]
            .as_str()
            .unwrap()
            .contains("不参评")
    );
    assert_eq!(s.t.see("chen", "/reviews").await["total"], 1);
    assert_eq!(
        s.t.see("staff2", &path).await["candidates"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(s.t.get("x-zhu", &path).await.0, 404);
    let told = s.told("kong", "公示：2025 年优秀委员").await;
    assert_eq!(
        (&told["review_id"], &told["activity_id"]),
        (&json!(path.rsplit('/').next().unwrap()), &Value::Null)
    );
    let read = format!("/me/inbox/{}/read", told["id"].as_str().unwrap());
    s.t.act("kong", &read, json!({})).await;
}

#[actix_web::test]
async fn an_objection_that_is_upheld_changes_the_list_and_one_that_is_not_does_not() {
    let s = Stage::closed().await;
    let path = stage::path(&s.published("model").await);
    let object = format!("{path}/object");
    let about_jin = s.t.act("kong", &object, objection(&s, Some("jin"))).await;
    let about_all = s.t.act("bo", &object, objection(&s, None)).await;
    let hidden = objection(&s, Some("ding"));
    assert_eq!(
        s.refused("bo", &path, "object", hidden).await,
        "validation_failed"
    );
    assert_eq!(
        s.refused("office", &path, "object", objection(&s, None))
            .await,
        "forbidden"
    );

    // Each sees his own; the office all.
    let of = |who| format!("{who}{path}");
    assert_eq!(
        s.t.see("bo", &format!("{path}/objections")).await["total"],
        1,
        "{}",
        of("bo")
    );
    assert_eq!(s.t.see("gao", &path).await["objections"], json!([]));
    assert_eq!(
        s.t.see("auditor", &format!("{path}/objections")).await["total"],
        2
    );

    let answer = |one: &Value| format!("/objections/{}/answer", one["id"].as_str().unwrap());
    let upheld = json!({ "upheld": true, "answer": "经核实，提案系他人起草。" });
    assert_eq!(
        s.t.post("kong", &answer(&about_jin), upheld.clone())
            .await
            .0,
        403
    );
    assert_eq!(
        s.t.post("gao", &answer(&about_jin), upheld.clone()).await.0,
        404
    );

    let answered =
        s.t.act("office2", &answer(&about_jin), upheld.clone())
            .await;
    assert_eq!(
        (&answered["state"], &answered["remedy"]),
        (&json!("upheld"), &json!("remove"))
    );
    // The contract's way of saying the same.
    let dismissed =
        json!({ "objection_id": about_all["id"], "upheld": false, "answer": "名单无误。" });
    s.t.act("office", &format!("{path}/answer"), dismissed)
        .await;

    let seen = s.t.see("office", &path).await;
    assert_eq!(names(&seen), ["陈晨", "高山"]);
    let jin = row(&seen, "金秋");
    assert_eq!(jin["settlement"]["basis"], "2026-09-29 提出的异议成立");
    assert_eq!(jin["settlement"]["reason"], "经核实，提案系他人起草。");
    assert_eq!(names(&s.t.see("gao", &path).await), ["陈晨", "高山"]);
    s.told("kong", "异议答复：2025 年优秀委员").await;
    let (status, problem) = s.t.post("office2", &answer(&about_jin), upheld).await;
    assert_eq!((status, code(&problem)), (409, "wrong_step"));
}

#[actix_web::test]
async fn an_objection_about_oneself_is_computed_anew_from_the_results_of_the_moment() {
    let s = Stage::closed().await;
    let path = stage::path(&s.published("model").await);
    let own =
        s.t.act(
            "kong",
            &format!("{path}/object"),
            objection(&s, Some("kong")),
        )
        .await;
    let answer = format!("/objections/{}/answer", own["id"].as_str().unwrap());

    let answered =
        s.t.act(
            "office2",
            &answer,
            json!({ "upheld": true, "answer": "已重新核算，仍为并列。" }),
        )
        .await;

    assert_eq!(answered["remedy"], "recalculate");
    let seen = s.t.see("office", &path).await;
    let kong = row(&seen, "孔明亮");
    assert_eq!(
        (&kong["outcome"], &kong["listed"]),
        (&json!("tied"), &json!(false))
    );
    assert_eq!(seen["basis"]["stale"], Value::Null);
    // Taken back before an answer, an objection no longer stands in the way.
    let other =
        s.t.act("bo", &format!("{path}/object"), objection(&s, None))
            .await;
    let back = format!("/objections/{}/withdraw", other["id"].as_str().unwrap());
    assert_eq!(s.t.post("kong", &back, json!({})).await.0, 404);
    assert_eq!(s.t.act("bo", &back, json!({})).await["state"], "withdrawn");
}

#[actix_web::test]
async fn a_publication_that_is_taken_back_is_nobodys_again_and_everybody_is_told() {
    let s = Stage::closed().await;
    let path = stage::path(&s.published("model").await);
    let reason = json!({ "reason": "计分有误" });

    s.t.act("office", &format!("{path}/return"), reason).await;

    assert_eq!(s.t.get("gao", &path).await.0, 404);
    let told = s.told("gao", "公示撤回：2025 年优秀委员").await;
    assert_eq!(told["body"], "原公示名单撤回，原因：计分有误");
}

#[actix_web::test]
async fn whoever_objects_or_is_meant_answers_nothing_whatever_seat_he_holds() {
    let s = Stage::closed().await;
    let path = stage::path(&s.published("model").await);
    let object = format!("{path}/object");
    let raised = s.t.act("kong", &object, objection(&s, Some("jin"))).await;
    let answer = format!("/objections/{}/answer", raised["id"].as_str().unwrap());
    let upheld = json!({ "upheld": true, "answer": "属实。" });

    for concerned in ["kong", "jin"] {
        s.seat_in_office(concerned).await;
        let (status, problem) = s.t.post(concerned, &answer, upheld.clone()).await;
        assert_eq!(
            (status, code(&problem)),
            (403, "second_person_required"),
            "{concerned}"
        );
    }
    assert_eq!(s.t.post("office", &answer, upheld).await.0, 200);
}

#[actix_web::test]
async fn the_words_of_an_objection_are_judged_and_it_is_answered_whatever_is_found() {
    let s = Stage::closed().await;
    let path = stage::path(&s.published("model").await);
    let body = json!({ "text": "名单存疑" });
    let objected = s.t.act("kong", &format!("{path}/object"), body).await;
    s.t.run_jobs().await;

    let list = s.t.see("office", "/content-checks?decision=pending").await;
    assert_eq!(
        (&list["items"][0]["kind"], &list["items"][0]["text"]),
        (&json!("objection"), &json!("名单存疑"))
    );
    let answer = json!({ "objection_id": objected["id"], "upheld": false, "answer": "名单无误。" });
    s.t.act("office2", &format!("{path}/answer"), answer).await;
}
