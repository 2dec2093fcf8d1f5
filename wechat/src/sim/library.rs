//! Where accounts get their templates from: WeChat's library, and what they chose from it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::SimTemplate;
use super::answer::{Ask, Outcome, Refused, bare, done, done_with, number};
use super::state::World;

/// How many templates an account may have.
const TEMPLATES: usize = 25;
/// The category the made-up accounts stand in: 政务民生.
const CATEGORY: i64 = 616;

/// One title of the library: its number, the number official accounts know it by, the title, and
/// its keywords with their keys.
struct Title {
    tid: i64,
    short_id: &'static str,
    name: &'static str,
    /// 长期订阅
    long_term: bool,
    keywords: &'static [(i64, &'static str, &'static str)],
}

static LIBRARY: [Title; 5] = [
    Title {
        tid: 1128,
        short_id: "43216",
        name: "会议通知",
        long_term: true,
        keywords: &[
            (1, "会议名称", "thing1"),
            (2, "会议时间", "time2"),
            (3, "会议地点", "thing3"),
            (4, "主办单位", "thing4"),
        ],
    },
    Title {
        tid: 4223,
        short_id: "46012",
        name: "活动报名成功通知",
        long_term: false,
        keywords: &[
            (1, "活动名称", "thing1"),
            (2, "活动时间", "date2"),
            (3, "报名人", "name3"),
        ],
    },
    Title {
        tid: 2841,
        short_id: "45170",
        name: "签到提醒",
        long_term: false,
        keywords: &[
            (1, "活动名称", "thing1"),
            (2, "签到时间", "time2"),
            (3, "签到地点", "thing3"),
        ],
    },
    Title {
        tid: 3905,
        short_id: "47733",
        name: "活动取消通知",
        long_term: false,
        keywords: &[
            (1, "活动名称", "thing1"),
            (2, "原定时间", "time2"),
            (3, "取消原因", "thing3"),
        ],
    },
    Title {
        tid: 5510,
        short_id: "48329",
        name: "审批结果通知",
        long_term: false,
        keywords: &[
            (1, "审批事项", "thing1"),
            (2, "审批结果", "const2"),
            (3, "审批时间", "time3"),
        ],
    },
];

/// What `const2` of 审批结果通知 may say.
const RESULTS: [&str; 3] = ["通过", "不通过", "待补充"];

impl Title {
    /// The template an account gets that chose these keywords, in this order.
    fn choose(&self, template_id: String, keywords: &[usize]) -> SimTemplate {
        let chosen = || keywords.iter().map(|place| self.keywords[*place]);
        let lines: Vec<String> = chosen()
            .map(|(_, label, key)| format!("{label}:{{{{{key}.DATA}}}}"))
            .collect();
        let listed = chosen()
            .filter(|(_, _, key)| key.starts_with("const"))
            .map(|(_, _, key)| (key.to_owned(), RESULTS.map(ToOwned::to_owned).to_vec()));
        SimTemplate {
            template_id,
            title: self.name.to_owned(),
            content: lines.join("\n"),
            long_term: self.long_term,
            listed: listed.collect::<BTreeMap<_, _>>(),
        }
    }
}

fn add(world: &mut World, ask: &Ask, title: &Title, keywords: &[usize]) -> String {
    let template_id = world.random_text(43);
    let templates = &mut world.caller(ask).spec.templates;
    templates.push(title.choose(template_id.clone(), keywords));
    template_id
}

fn remove(world: &mut World, ask: &Ask, template_id: &str) -> Outcome {
    let templates = &mut world.caller(ask).spec.templates;
    let before = templates.len();
    templates.retain(|template| template.template_id != template_id);
    if templates.len() == before {
        return Err(Refused::new(40037, "invalid template_id"));
    }
    done()
}

/// `GET cgi-bin/template/get_all_private_template`.
pub(super) fn list_private(world: &mut World, ask: &Ask) -> Outcome {
    let listed: Vec<Value> = world
        .caller(ask)
        .spec
        .templates
        .iter()
        .map(|template| {
            json!({
                "template_id": template.template_id,
                "title": template.title,
                "primary_industry": "政府与公共事业",
                "deputy_industry": "政府",
                "content": template.content,
                "example": "",
            })
        })
        .collect();
    bare(json!({ "template_list": listed }))
}

/// `POST cgi-bin/template/api_add_template`: all keywords, or those named in their order.
pub(super) fn add_private(world: &mut World, ask: &Ask) -> Outcome {
    let short = ask.text("template_id_short").trim_start_matches("TM");
    let title = LIBRARY
        .iter()
        .find(|title| title.short_id == short)
        .ok_or_else(|| Refused::new(40037, "invalid template_id_short"))?;
    if TEMPLATES <= world.caller(ask).spec.templates.len() {
        return Err(Refused::new(45026, "template num exceeds limit"));
    }
    let named = ask.body["keyword_name_list"].as_array();
    let keywords: Option<Vec<usize>> = match named {
        None => Some((0..title.keywords.len()).collect()),
        Some(named) => named
            .iter()
            .map(|name| {
                title
                    .keywords
                    .iter()
                    .position(|(_, label, _)| *name == *label)
            })
            .collect(),
    };
    let keywords = keywords
        .filter(|keywords| !keywords.is_empty())
        .ok_or_else(|| Refused::new(40097, "invalid args: keyword_name_list"))?;
    let template_id = add(world, ask, title, &keywords);
    done_with(json!({ "template_id": template_id }))
}

/// `POST cgi-bin/template/del_private_template`.
pub(super) fn delete_private(world: &mut World, ask: &Ask) -> Outcome {
    remove(world, ask, ask.text("template_id"))
}

/// `GET cgi-bin/template/get_industry`.
pub(super) fn industry(_: &mut World, _: &Ask) -> Outcome {
    bare(json!({
        "primary_industry": { "first_class": "政府与公共事业", "second_class": "政府" },
        "secondary_industry": { "first_class": "其他", "second_class": "其他" },
    }))
}

/// `POST cgi-bin/template/api_set_industry`: the numbers are checked; nothing follows from them.
pub(super) fn set_industry(_: &mut World, ask: &Ask) -> Outcome {
    let named = |field: &str| number(&ask.body[field]).is_some_and(|id| (1..=41).contains(&id));
    if !named("industry_id1") || !named("industry_id2") {
        return Err(Refused::new(40102, "invalid industry id"));
    }
    done()
}

/// `GET wxaapi/newtmpl/gettemplate`.
pub(super) fn list_subscription(world: &mut World, ask: &Ask) -> Outcome {
    let listed: Vec<Value> = world
        .caller(ask)
        .spec
        .templates
        .iter()
        .map(|template| {
            let listed: Vec<Value> = template
                .listed
                .iter()
                .map(|(key, values)| {
                    json!({ "enumValueList": values, "keywordCode": format!("{key}.DATA") })
                })
                .collect();
            json!({
                "priTmplId": template.template_id,
                "title": template.title,
                "content": template.content,
                "example": "",
                "type": if template.long_term { 3 } else { 2 },
                "keywordEnumValueList": listed,
            })
        })
        .collect();
    done_with(json!({ "data": listed }))
}

/// `POST wxaapi/newtmpl/addtemplate`.
pub(super) fn add_subscription(world: &mut World, ask: &Ask) -> Outcome {
    let tid = number(&ask.body["tid"]);
    let title = LIBRARY
        .iter()
        .find(|title| Some(title.tid) == tid)
        .ok_or_else(|| Refused::new(200_014, "tid invalid"))?;
    if TEMPLATES <= world.caller(ask).spec.templates.len() {
        return Err(Refused::new(200_012, "private template exceed limit"));
    }
    let chosen: Option<Vec<usize>> = ask.body["kidList"].as_array().and_then(|kids| {
        kids.iter()
            .map(|kid| {
                let kid = number(kid);
                title.keywords.iter().position(|(id, ..)| Some(*id) == kid)
            })
            .collect()
    });
    let keywords = chosen
        .filter(|keywords| (2..=5).contains(&keywords.len()))
        .ok_or_else(|| Refused::new(200_020, "kidList invalid"))?;
    if 15 < ask.text("sceneDesc").chars().count() {
        return Err(Refused::new(200_021, "sceneDesc invalid"));
    }
    let template_id = add(world, ask, title, &keywords);
    done_with(json!({ "priTmplId": template_id }))
}

/// `POST wxaapi/newtmpl/deltemplate`.
pub(super) fn delete_subscription(world: &mut World, ask: &Ask) -> Outcome {
    remove(world, ask, ask.text("priTmplId"))
}

/// `GET wxaapi/newtmpl/getcategory`.
pub(super) fn categories(_: &mut World, _: &Ask) -> Outcome {
    done_with(json!({ "data": [{ "id": CATEGORY, "name": "政务民生" }] }))
}

/// `GET wxaapi/newtmpl/getpubtemplatetitles`.
pub(super) fn titles(_: &mut World, ask: &Ask) -> Outcome {
    let (Ok(start), Ok(limit)) = (
        ask.param("start").parse::<usize>(),
        ask.param("limit").parse::<usize>(),
    ) else {
        return Err(Refused::new(200_016, "start invalid"));
    };
    if limit == 0 || 30 < limit {
        return Err(Refused::new(200_017, "limit invalid"));
    }
    let ours = ask
        .param("ids")
        .split([',', '-'])
        .any(|id| id.parse() == Ok(CATEGORY));
    let found: Vec<Value> = LIBRARY
        .iter()
        .filter(|_| ours)
        .map(|title| {
            json!({
                "tid": title.tid,
                "title": title.name,
                "type": if title.long_term { 3 } else { 2 },
                "categoryId": CATEGORY.to_string(),
            })
        })
        .collect();
    let page: Vec<&Value> = found.iter().skip(start).take(limit).collect();
    done_with(json!({ "count": found.len(), "data": page }))
}

/// `GET wxaapi/newtmpl/getpubtemplatekeywords`.
pub(super) fn keywords(_: &mut World, ask: &Ask) -> Outcome {
    let title = LIBRARY
        .iter()
        .find(|title| ask.param("tid").parse() == Ok(title.tid))
        .ok_or_else(|| Refused::new(200_014, "tid invalid"))?;
    let listed: Vec<Value> = title
        .keywords
        .iter()
        .map(|(kid, name, key)| {
            let rule = key.trim_end_matches(|c: char| c.is_ascii_digit());
            json!({ "kid": kid, "name": name, "example": "", "rule": rule })
        })
        .collect();
    done_with(json!({ "count": listed.len(), "data": listed }))
}
