//! Dossiers and notices.

use domain::calendar::add_workdays;
use serde_json::json;
use tests::TestApp;

use super::{body, close, file, held, read, verified};

fn dossier(t: &TestApp, who: &str) -> String {
    format!("/members/{}/dossier.docx", t.members[who])
}

fn notice(t: &TestApp, who: &str) -> String {
    format!(
        "/members/{}/evaluation-notice.docx?period=2026",
        t.members[who]
    )
}

#[actix_web::test]
async fn a_dossier_explains_every_line_of_every_period() {
    let t = TestApp::start().await;
    let title = "关于<修路>&\"架桥\"的提案";
    verified(&t, "chen", json!({ "kind": "proposal", "title": title })).await;
    t.pass_minutes(1);
    verified(
        &t,
        "chen",
        json!({ "kind": "proposal", "title": "关于治水的提案" }),
    )
    .await;
    held(&t, "九月学习会").await;

    let file = file(&t, "chen", &dossier(&t, "chen")).await.unwrap();

    let parts = read(&file);
    let header = parts
        .iter()
        .find(|(name, _)| name.contains("header"))
        .unwrap();
    assert!(header.1.contains("邢东区政协　　内部资料"), "{}", header.1);
    let footer = parts
        .iter()
        .find(|(name, _)| name.contains("footer"))
        .unwrap();
    assert!(footer.1.contains("导出人：陈晨"), "{}", footer.1);
    let text = body(&file);
    for words in [
        "委员履职档案",
        "陈晨",
        "第五届",
        "第一活动组",
        "提案委",
        title,
        "九月学习会",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    let sheet = t.see("chen", "/me/score?period=2026").await;
    for line in sheet["lines"].as_array().unwrap() {
        for part in ["clause", "title", "arithmetic", "points"] {
            let words = line[part].as_str().unwrap();
            assert!(text.contains(words), "{words} is not in {text}");
        }
    }
    assert!(
        text.contains("已达"),
        "why the second proposal earned nothing: {text}"
    );
    assert!(text.contains(sheet["unused"][0]["explanation"].as_str().unwrap()));
    assert!(text.contains("未结账，暂定结果") && text.contains("默认方案，请办公室核定"));
    // Every year of the term that has begun, and none before he came or after today.
    for year in 2022..=2027 {
        let chapter = format!("{year} 年（{year}-01-01 至 {year}-12-31）");
        assert_eq!(
            text.contains(&chapter),
            chapter_expected(&t, year).await,
            "{chapter}"
        );
    }
    let log = t.see("auditor", "/audit?operation=dossier_export").await;
    assert_eq!(
        (&log["total"], &log["items"][0]["detail"]["own"]),
        (&json!(1), &json!(true))
    );
}

async fn chapter_expected(t: &TestApp, year: i32) -> bool {
    let path = format!("/members/{}", t.members["chen"]);
    let member = t.see("office", &path).await;
    let joined = member["joined_on"].as_str().unwrap()[..4]
        .parse::<i32>()
        .unwrap();
    (joined..=2026).contains(&year)
}

#[actix_web::test]
async fn a_dossier_is_for_the_member_and_for_those_who_answer_for_all() {
    let t = TestApp::start().await;
    let path = dossier(&t, "chen");
    for who in ["chen", "office", "leader", "auditor"] {
        let one = format!("{path}?period=2026");
        assert!(file(&t, who, &one).await.is_ok(), "{who}");
    }
    for (who, status) in [
        ("alice", 403),
        ("staff1", 403),
        ("ding", 403),
        ("gao", 404),
        ("admin", 404),
        ("x-office", 404),
    ] {
        assert_eq!(file(&t, who, &path).await, Err(status), "{who}");
    }
    assert_eq!(t.get(None, &path).await.0, 401);
    assert_eq!(t.get("office", &format!("{path}?period=26")).await.0, 422);
}

#[actix_web::test]
async fn dossiers_are_counted_with_the_other_exports_and_ones_own_apart() {
    let t = TestApp::start().await;
    let path = format!("{}?period=2026", dossier(&t, "chen"));
    for _ in 0..4 {
        assert!(file(&t, "office", &path).await.is_ok());
    }
    assert!(file(&t, "office", "/scores.xlsx").await.is_ok());
    assert_eq!(file(&t, "office", &path).await, Err(429));
    for _ in 0..5 {
        assert!(file(&t, "chen", &path).await.is_ok());
    }
    assert_eq!(file(&t, "chen", &path).await, Err(429));
}

#[actix_web::test]
async fn a_notice_tells_a_closed_result_and_until_when_to_object() {
    let t = TestApp::start().await;
    verified(
        &t,
        "chen",
        json!({ "kind": "proposal", "title": "关于修路的提案" }),
    )
    .await;
    let (status, problem) = t.get("office", &notice(&t, "chen")).await;
    assert_eq!((status, &problem["code"]), (409, &json!("wrong_step")));
    let period = close(&t).await;
    let within = format!("{}&objection_workdays=5", notice(&t, "chen"));
    for (who, status) in [
        ("chen", 403),
        ("alice", 403),
        ("leader", 403),
        ("auditor", 403),
        ("gao", 404),
        ("x-office", 404),
    ] {
        assert_eq!(file(&t, who, &within).await, Err(status), "{who}");
    }
    for days in ["0", "61"] {
        let path = format!("{}&objection_workdays={days}", notice(&t, "chen"));
        assert_eq!(file(&t, "office", &path).await, Err(422), "{days}");
    }

    let file = file(&t, "office", &within).await.unwrap();

    let text = body(&file);
    let sheet = t.see("chen", "/me/score?period=2026").await;
    let until = add_workdays("2027-01-11".parse().unwrap(), 5)
        .date
        .to_string();
    for words in [
        "考核结果告知书",
        "陈晨委员：",
        "考核总分 20 分",
        "提出异议",
        &until,
        sheet["grade"].as_str().unwrap(),
        sheet["frozen"]["hash"].as_str().unwrap(),
        period["sheets_hash"].as_str().unwrap(),
        "邢东协〔2027〕1号",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    for line in sheet["lines"].as_array().unwrap() {
        let words = line["arithmetic"].as_str().unwrap();
        assert!(text.contains(words), "{words} is not in {text}");
    }
    let log = t.see("auditor", "/audit?operation=evaluation_notice").await;
    let detail = &log["items"][0]["detail"];
    assert_eq!(
        (&detail["hash"], &detail["revision"]),
        (&sheet["frozen"]["hash"], &json!(1))
    );
    let other = super::file(&t, "chen", &dossier(&t, "chen")).await.unwrap();
    let other = body(&other);
    assert!(
        other.contains(sheet["frozen"]["hash"].as_str().unwrap()),
        "{other}"
    );
    assert!(other.contains("已结账，第 1 次修订"));
}
