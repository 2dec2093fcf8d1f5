//! Nominations: by the group's convener, within the group's places.

use serde_json::{Value, json};

use super::stage::{self, Stage, code, row};

/// A review in which groups nominate; everybody has points.
async fn nominating() -> (Stage, String) {
    let s = Stage::new().await;
    for who in ["alice", "bo", "chen", "ding", "fang", "gao", "hu", "jin"] {
        s.facts(who, 2025, 1).await;
    }
    s.close("2025").await;
    let review = s.review("nominated").await;
    let path = stage::path(&review);
    assert_eq!(
        s.refused("office", &path, "settle", json!({})).await,
        "wrong_step"
    );
    s.t.act("office", &format!("{path}/open"), json!({})).await;
    (s, path)
}

fn nominate(s: &Stage, members: &[&str]) -> Value {
    let ids: Vec<_> = members.iter().map(|who| s.t.members[who]).collect();
    json!({ "member_ids": ids, "reason": "履职积极" })
}

#[actix_web::test]
async fn a_convener_nominates_his_own_group_within_its_places() {
    let (s, path) = nominating().await;
    let to = format!("{path}/nominate");
    s.told("alice", "推荐人选：2025 年推荐先进").await;

    let seen = s.t.act("alice", &to, nominate(&s, &["chen"])).await;
    assert_eq!(
        seen["nomination_places"]["第一活动组"],
        json!({ "base": 4, "places": 2 })
    );
    // He sees his own group, with its points, and nobody's reasons.
    assert_eq!(seen["candidates"].as_array().unwrap().len(), 4);
    let chen = row(&seen, "陈晨");
    assert_eq!(chen["nomination"]["reason"], "履职积极");
    assert_eq!(
        (&chen["total"], &chen["reasons"]),
        (&json!("10"), &Value::Null)
    );
    // Whoever is nominated already stays so and takes no second place.
    s.t.act("bo", &to, nominate(&s, &["chen", "ding"])).await;

    assert_eq!(
        s.refused("bo", &path, "nominate", nominate(&s, &["alice"]))
            .await,
        "places_full"
    );
    for (who, whom, refusal) in [
        ("alice", "alice", "second_person_required"),
        ("alice", "gao", "not_found"),
        ("hu", "kong", "validation_failed"),
        ("chen", "ding", "not_found"),
        ("office", "ding", "forbidden"),
    ] {
        let body = nominate(&s, &[whom]);
        assert_eq!(
            s.refused(who, &path, "nominate", body).await,
            refusal,
            "{who} {whom}"
        );
    }

    // A nomination taken back frees its place.
    let id = chen["nomination"]["id"].as_str().unwrap();
    let back = format!("/nominations/{id}/withdraw");
    assert_eq!(s.t.post("hu", &back, json!({})).await.0, 404);
    s.t.act("bo", &back, json!({})).await;
    s.t.act("bo", &to, nominate(&s, &["alice"])).await;
    let seen = s.t.see("office", &path).await;
    let nominated = |name| row(&seen, name)["nomination"].is_object();
    assert_eq!(
        ["陈晨", "丁宁", "艾丽丝"].map(nominated),
        [false, true, true]
    );
    s.t.act("office", &format!("{path}/settle"), json!({}))
        .await;
    assert_eq!(
        s.refused("alice", &path, "nominate", nominate(&s, &["chen"]))
            .await,
        "not_found"
    );
}

#[actix_web::test]
async fn nominations_at_the_same_moment_never_exceed_the_places() {
    let (s, path) = nominating().await;
    let to = format!("{path}/nominate");
    s.t.token("alice").await;
    s.t.token("bo").await;
    for turn in 0..6 {
        let (first, second) = (
            nominate(&s, &["chen", "bo"]),
            nominate(&s, &["ding", "alice"]),
        );

        let (a, b) =
            futures_util::future::join(s.t.post("alice", &to, first), s.t.post("bo", &to, second))
                .await;

        let mut statuses = [a.0, b.0];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "turn {turn}: {} {}", a.1, b.1);
        let lost = if a.0 == 409 { &a.1 } else { &b.1 };
        assert_eq!(code(lost), "places_full");
        let seen = s.t.see("office", &path).await;
        let rows = seen["candidates"].as_array().unwrap().iter();
        let standing: Vec<_> = rows
            .filter_map(|row| row["nomination"]["id"].as_str())
            .collect();
        assert_eq!(standing.len(), 2);
        for id in standing {
            s.t.act("alice", &format!("/nominations/{id}/withdraw"), json!({}))
                .await;
        }
    }
}

#[actix_web::test]
async fn a_reason_the_office_hid_is_read_by_its_writer_and_the_desk_alone() {
    let (s, path) = nominating().await;
    let body = json!({ "member_ids": [s.t.members["chen"]], "reason": "违规的话" });
    s.t.act("alice", &format!("{path}/nominate"), body).await;
    s.t.run_jobs().await;
    let reason = async |who: &'static str| {
        let seen = s.t.see(who, &path).await;
        row(&seen, "陈晨")["nomination"]["reason"].clone()
    };
    assert_eq!(reason("bo").await, "违规的话");

    let list = s.t.see("office", "/content-checks?decision=pending").await;
    let check = &list["items"][0];
    assert_eq!(check["kind"], "nomination");
    let decide = format!("/content-checks/{}/decision", check["id"].as_str().unwrap());
    s.t.act("office", &decide, json!({ "decision": "hide" }))
        .await;

    assert_eq!(reason("bo").await, "（内容已隐藏）");
    for who in ["alice", "office", "leader"] {
        assert_eq!(reason(who).await, "违规的话", "{who}");
    }
}
