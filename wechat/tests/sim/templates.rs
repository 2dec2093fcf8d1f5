//! Where templates come from: WeChat's library, for official accounts and for mini-programs.

use serde_json::json;

use super::{MINI, NOTICE, STATION, World, code, message};

#[actix_web::test]
async fn an_account_chooses_from_the_library_fills_and_gives_back() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    let add = "cgi-bin/template/api_add_template";
    let chosen =
        json!({ "template_id_short": "43216", "keyword_name_list": ["会议时间", "会议名称"] });

    let added = world.ask(STATION, add, chosen).await;
    let template_id = added["template_id"].clone();
    let sent = world
        .send_notice("alice", json!({ "template_id": template_id }))
        .await;
    assert_eq!(code(&sent), 0, "{sent}");
    let shown = &world.handle().phone("alice")[0];
    let labels: Vec<&str> = shown.fields.iter().map(|one| one.label.as_str()).collect();
    assert_eq!(
        (shown.title.as_str(), labels),
        ("会议通知", vec!["会议时间", "会议名称"])
    );
    let unknown = json!({ "template_id_short": "1" });
    assert_eq!(code(&world.ask(STATION, add, unknown).await), 40037);
    let wrong = json!({ "template_id_short": "43216", "keyword_name_list": ["天气"] });
    assert_eq!(code(&world.ask(STATION, add, wrong).await), 40097);

    let delete = "cgi-bin/template/del_private_template";
    let gone = json!({ "template_id": template_id });
    assert_eq!(code(&world.ask(STATION, delete, gone.clone()).await), 0);
    assert_eq!(code(&world.ask(STATION, delete, gone.clone()).await), 40037);
    assert_eq!(code(&world.send_notice("alice", gone).await), 40037);
}

#[actix_web::test]
async fn an_account_owns_twenty_five_templates_at_most() {
    let world = World::start();
    let add = async |app_id: &str, path: &str, body: serde_json::Value| {
        let mut last = 0;
        for _ in 0..25 {
            last = code(&world.ask(app_id, path, body.clone()).await);
        }
        last
    };

    let short = json!({ "template_id_short": "43216" });
    let path = "cgi-bin/template/api_add_template";
    assert_eq!(add(STATION, path, short).await, 45026);
    let tid = json!({ "tid": "1128", "kidList": [1, 2], "sceneDesc": "会议提醒" });
    assert_eq!(add(MINI, "wxaapi/newtmpl/addtemplate", tid).await, 200_012);
}

#[actix_web::test]
async fn a_mini_program_chooses_by_number() {
    let world = World::start();
    let look = async |call: &str, more: &str| {
        world
            .look(MINI, &format!("wxaapi/newtmpl/{call}"), more)
            .await
    };
    let category = look("getcategory", "").await["data"][0]["id"].clone();
    let titles = look(
        "getpubtemplatetitles",
        &format!("&ids={category}&start=0&limit=30"),
    )
    .await;
    assert_eq!(
        titles["count"].as_u64(),
        titles["data"].as_array().map(|all| all.len() as u64)
    );
    assert_eq!(
        code(&look("getpubtemplatetitles", "&ids=1&start=0&limit=31").await),
        200_017
    );
    let keywords = look("getpubtemplatekeywords", "&tid=5510").await;
    assert_eq!(keywords["data"][1]["rule"], "const");

    let add = async |body| world.ask(MINI, "wxaapi/newtmpl/addtemplate", body).await;
    let good = json!({ "tid": "5510", "kidList": [1, 2], "sceneDesc": "审批结果" });
    let added = add(good).await["priTmplId"].clone();
    assert_eq!(code(&add(json!({ "tid": "1" })).await), 200_014);
    let few = json!({ "tid": "5510", "kidList": [1], "sceneDesc": "" });
    assert_eq!(code(&add(few).await), 200_020);
    let wordy = json!({ "tid": "5510", "kidList": [1, 2], "sceneDesc": "长".repeat(16) });
    assert_eq!(code(&add(wordy).await), 200_021);
    let listed = look("gettemplate", "").await;
    let listed = listed["data"].as_array().expect("a list");
    let ours = listed.iter().find(|one| one["priTmplId"] == added);
    let ours = ours.expect("it was added");
    assert_eq!(ours["type"], 2);
    assert_eq!(
        ours["keywordEnumValueList"][0],
        json!({ "keywordCode": "const2.DATA", "enumValueList": ["通过", "不通过", "待补充"] })
    );
    let gone = json!({ "priTmplId": added });
    let deleted = world.ask(MINI, "wxaapi/newtmpl/deltemplate", gone).await;
    assert_eq!(code(&deleted), 0);
}

#[actix_web::test]
async fn a_listed_field_takes_only_its_values() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    let chosen = json!({ "template_id_short": "48329" });
    let added = world
        .ask(STATION, "cgi-bin/template/api_add_template", chosen)
        .await;
    let send = async |result: &str| {
        let data = json!({
            "thing1": { "value": "请假" },
            "const2": { "value": result },
            "time3": { "value": "2026年3月5日 15:00" },
        });
        let more = json!({ "template_id": added["template_id"], "data": data });
        world.send_notice("alice", more).await
    };

    assert_eq!(code(&send("通过").await), 0);
    let refused = send("随便").await;
    assert_eq!(code(&refused), 47003);
    assert!(message(&refused).contains("data.const2.value invalid"));
}

#[actix_web::test]
async fn an_industry_is_a_number_of_the_list() {
    let world = World::start();
    let path = "cgi-bin/template/api_set_industry";
    let good = json!({ "industry_id1": "20", "industry_id2": "41" });
    assert_eq!(code(&world.ask(STATION, path, good).await), 0);
    let bad = json!({ "industry_id1": "20", "industry_id2": "42" });
    assert_eq!(code(&world.ask(STATION, path, bad).await), 40102);

    let industry = world
        .look(STATION, "cgi-bin/template/get_industry", "")
        .await;
    assert!(industry["primary_industry"]["first_class"].is_string());
    let listed = world
        .look(STATION, "cgi-bin/template/get_all_private_template", "")
        .await;
    assert_eq!(listed["template_list"][0]["template_id"], NOTICE);
}
