//! The figures of a work report, counted by hand beside it.

use serde_json::{Value, json};
use tests::TestApp;

use super::{file, held, rows, verified};

/// A year of the small committee: one activity, three proposals' worth of signatures, one report.
async fn year(t: &TestApp) {
    let signers: Vec<Value> = ["chen", "ding", "bo"]
        .iter()
        .map(|who| json!({ "member_id": t.members[*who] }))
        .collect();
    let joint = json!({
        "kind": "proposal", "title": "关于修路的提案", "signers": signers,
        "attributes": { "stage": ["filed", "key"] },
    });
    verified(t, "chen", joint).await;
    verified(
        t,
        "gao",
        json!({ "kind": "proposal", "title": "关于治水的提案" }),
    )
    .await;
    let report = json!({
        "kind": "opinion_report", "title": "关于停车难的社情民意",
        "attributes": { "adopted": true, "level": ["district", "city"] },
    });
    verified(t, "chen", report).await;
    let draft = json!({ "kind": "good_deed", "title": "好事", "done_on": "2026-03-27" });
    t.act("jin", "/duty-records", draft).await;
    held(t, "九月学习会").await;
}

fn hundredths(points: &Value) -> i64 {
    let text = points.as_str().unwrap();
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    whole.parse::<i64>().unwrap() * 100 + format!("{rest:0<2}").parse::<i64>().unwrap()
}

fn parts(seen: &Value, name: &str) -> Vec<(String, i64, i64)> {
    let parts = seen[name].as_array().unwrap().iter();
    parts
        .map(|part| {
            (
                part["name"].as_str().unwrap().to_owned(),
                part["members"].as_i64().unwrap(),
                part["without_duty"].as_i64().unwrap(),
            )
        })
        .collect()
}

fn part(name: &str, members: i64, without_duty: i64) -> (String, i64, i64) {
    (name.to_owned(), members, without_duty)
}

#[actix_web::test]
async fn the_figures_are_those_of_a_hand_count() {
    let t = TestApp::start().await;
    year(&t).await;

    let seen = t.see("office", "/statistics?period=2026").await;

    // alice and chen came, bo and ding did not.
    let activities = json!({
        "held": 1, "invited": 4, "attended": 2, "attendance_share": { "attended": 2, "of": 4 },
        "by_kind": [{ "kind": "study", "held": 1, "invited": 4, "attended": 2,
                      "attendance_share": { "attended": 2, "of": 4 } }],
    });
    assert_eq!(seen["activities"], activities);
    assert_eq!(
        (&seen["all"]["invited"], &seen["all"]["attended"]),
        (&json!(4), &json!(2))
    );
    assert_eq!(
        seen["proposals"],
        json!({ "submitted": 2, "filed": 1, "not_filed": 0, "converted": 0, "key": 1, "excellent": 0 })
    );
    let reports = &seen["opinion_reports"];
    assert_eq!(
        (&reports["submitted"], &reports["adopted"]),
        (&json!(1), &json!(1))
    );
    let levels: Vec<_> = reports["adopted_by_level"]
        .as_array()
        .unwrap()
        .iter()
        .map(|level| {
            (
                level["level"].as_str().unwrap(),
                level["reports"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        levels,
        [
            ("district", 1),
            ("city", 1),
            ("province", 0),
            ("national", 0)
        ]
    );
    let kinds: Vec<_> = seen["duty_records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| {
            (
                kind["kind"].as_str().unwrap(),
                kind["things"].clone(),
                kind["person_times"].clone(),
            )
        })
        .collect();
    assert_eq!(
        kinds,
        [
            ("opinion_report", json!(1), json!(1)),
            ("proposal", json!(2), json!(4))
        ]
    );
    // chen, ding, bo and gao have done something.
    assert_eq!(seen["all"]["without_duty"], 5);
    assert_eq!(
        parts(&seen, "groups"),
        [
            part("第一活动组", 4, 1),
            part("第二活动组", 2, 1),
            part("第三活动组", 3, 3)
        ]
    );
    assert_eq!(
        parts(&seen, "special_committees"),
        [part("提案委", 6, 2), part("经济委", 3, 3)]
    );
    assert_eq!(parts(&seen, "positions"), [part("委员", 9, 5)]);
    let sectors: i64 = parts(&seen, "sectors")
        .iter()
        .map(|(_, members, _)| members)
        .sum();
    assert_eq!(sectors, 9);

    let page = t.see("office", "/scores?period=2026").await;
    let lines = page["items"].as_array().unwrap();
    let mut totals: Vec<i64> = lines
        .iter()
        .map(|line| hundredths(&line["total"]))
        .collect();
    totals.sort_unstable();
    assert_eq!(hundredths(&seen["all"]["median_total"]), totals[4]);
    let sum: i64 = totals.iter().sum();
    assert_eq!(
        hundredths(&seen["all"]["average_total"]),
        (sum * 2 + 9) / 18
    );
    for grade in seen["grades"].as_array().unwrap() {
        let have = lines
            .iter()
            .filter(|line| line["grade"] == grade["grade"])
            .count();
        assert_eq!(grade["members"], json!(have), "{grade}");
    }
    let counted = seen["grades"].as_array().unwrap().iter();
    assert_eq!(
        counted
            .map(|grade| grade["members"].as_i64().unwrap())
            .sum::<i64>(),
        9
    );
}

#[actix_web::test]
async fn only_what_lies_within_reach_is_counted() {
    let t = TestApp::start().await;
    year(&t).await;

    let one = t.see("staff2", "/statistics?period=2026").await;

    assert_eq!(
        (&one["all"]["members"], &one["all"]["without_duty"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(
        (
            &one["activities"]["held"],
            &one["proposals"]["submitted"],
            &one["duty_records"]
        ),
        (&json!(0), &json!(0), &json!([]))
    );
    let fang = t.see("fang", "/statistics?period=2026").await;
    assert_eq!(
        (
            &fang["proposals"]["submitted"],
            &fang["all"]["without_duty"]
        ),
        (&json!(1), &json!(1))
    );
    let elsewhere = t.see("x-office", "/statistics?period=2026").await;
    assert_eq!(
        (
            &elsewhere["all"]["members"],
            &elsewhere["activities"]["held"]
        ),
        (&json!(2), &json!(0))
    );
    assert_eq!(t.get("chen", "/statistics").await.0, 403);
}

#[actix_web::test]
async fn the_file_has_the_figures_and_the_names_of_the_idle() {
    let t = TestApp::start().await;
    year(&t).await;
    let seen = t.see("office", "/statistics?period=2026").await;

    let file_ = file(&t, "office", "/statistics.xlsx?period=2026")
        .await
        .unwrap();

    let overview = rows(&file_, "总体情况");
    let figure = |name: &str| overview.iter().find(|row| row[0] == name).unwrap()[1].clone();
    assert_eq!(
        [
            figure("举办活动"),
            figure("参加活动"),
            figure("提交提案"),
            figure("重点提案")
        ],
        ["1", "2", "2", "1"]
    );
    assert_eq!(figure("采用：市级"), "1");
    let median: f64 = figure("中位分").parse().unwrap();
    assert_eq!(
        format!("{median:.2}"),
        format!(
            "{:.2}",
            seen["all"]["median_total"]
                .as_str()
                .unwrap()
                .parse::<f64>()
                .unwrap()
        )
    );
    let parts = rows(&file_, "分类统计");
    assert!(
        parts.iter().any(|row| row[1] == "经济委" && row[2] == "3"),
        "{parts:?}"
    );
    let idle: Vec<String> = rows(&file_, "无履职记录委员")
        .into_iter()
        .skip(3)
        .map(|row| row[1].clone())
        .collect();
    assert_eq!(idle, ["艾丽丝", "方圆", "孔明亮", "胡杨", "金秋"]);
    let log = t.see("auditor", "/audit?operation=scores_export").await;
    assert_eq!(log["items"][0]["detail"]["members"], 9);
    for (who, status) in [("staff1", 403), ("alice", 403), ("chen", 403)] {
        assert_eq!(
            file(&t, who, "/statistics.xlsx").await,
            Err(status),
            "{who}"
        );
    }
}
