//! Whether the templates of an account are those its configuration speaks of.

use domain::ids::CommitteeId;
use domain::notice::{Channel, NoticePurpose};
use wechat::subscribe::{SubscribeTemplate, Term};
use wechat::template::{Finding, Template, compare, compare_fields};
use wechat::values::{self, Kind};

use super::templates::Templates;
use super::wording;
use crate::app::App;
use crate::config;
use crate::error::Result;
use crate::wechat_apps::WechatApp;

/// What each of [`wording::NAMES`] usually holds, to be tried against the rules of a field.
const SAMPLES: &[(&str, &str)] = &[
    ("purpose", "活动通知"),
    ("title", "第三季度委员学习活动"),
    ("time", "2026年9月25日 14:30"),
    ("venue", "第一驿站"),
    ("group", "第一活动组"),
    ("reply_by", "2026年9月24日 17:30"),
    ("reason", "无"),
    ("result", "同意"),
    ("remark", "请准时参加"),
];

/// The templates of an account that are in use, held against what WeChat has and takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateCheck {
    /// How many are in use.
    pub in_use: usize,
    /// What is wrong with them, purpose by purpose.
    pub problems: Vec<TemplateProblem>,
}

/// Holds the templates of template messages against those the account has.
pub async fn check_templates(
    app: &App,
    committee: CommitteeId,
    account: &WechatApp,
    there: &[Template],
) -> Result<TemplateCheck> {
    let templates = Templates::of(app.db.read(), committee).await?;
    let mut check = TemplateCheck::default();
    for &purpose in NoticePurpose::ALL {
        if let Some(template) = templates.get(account, Channel::OfficialAccount, purpose) {
            check.in_use += 1;
            check.problems.extend(problems(purpose, template, there));
        }
    }
    Ok(check)
}

/// The channels of subscription messages, of which an account has one.
const SUBSCRIBED: [Channel; 2] = [Channel::AccountSubscription, Channel::MiniProgram];

/// Whether an account has a template of subscription messages in use.
pub async fn has_subscriptions(
    app: &App,
    committee: CommitteeId,
    account: &WechatApp,
) -> Result<bool> {
    let templates = Templates::of(app.db.read(), committee).await?;
    let mut all = SUBSCRIBED.iter().flat_map(|channel| {
        let purposes = NoticePurpose::ALL.iter();
        purposes.map(|purpose| templates.get(account, *channel, *purpose))
    });
    Ok(all.any(|template| template.is_some()))
}

/// Holds the templates of subscription messages against those the account has.
pub async fn check_subscriptions(
    app: &App,
    committee: CommitteeId,
    account: &WechatApp,
    there: &[SubscribeTemplate],
) -> Result<TemplateCheck> {
    let templates = Templates::of(app.db.read(), committee).await?;
    let mut check = TemplateCheck::default();
    for channel in SUBSCRIBED {
        for &purpose in NoticePurpose::ALL {
            if let Some(template) = templates.get(account, channel, purpose) {
                check.in_use += 1;
                let problems = subscription_problems(purpose, template, there);
                check.problems.extend(problems);
            }
        }
    }
    Ok(check)
}

/// One thing that is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateProblem {
    /// What it is used for.
    pub purpose: NoticePurpose,
    /// What is wrong.
    pub text: String,
    /// What to do.
    pub advice: String,
}

impl TemplateProblem {
    fn new(purpose: NoticePurpose, text: String, advice: &str) -> Self {
        Self {
            purpose,
            text,
            advice: advice.to_owned(),
        }
    }
}

fn problems(
    purpose: NoticePurpose,
    template: &config::Template,
    there: &[Template],
) -> Vec<TemplateProblem> {
    let keys = template.fields.keys().map(String::as_str);
    let differences = compare(there, &template.template_id, keys);
    let different = differences
        .into_iter()
        .map(|difference| differing(purpose, difference));
    different.chain(unfit(purpose, template)).collect()
}

fn subscription_problems(
    purpose: NoticePurpose,
    template: &config::Template,
    there: &[SubscribeTemplate],
) -> Vec<TemplateProblem> {
    let known = there
        .iter()
        .find(|known| known.template_id == template.template_id);
    let Some(known) = known else {
        let template_id = template.template_id.clone();
        return vec![differing(purpose, Finding::NoSuchTemplate { template_id })];
    };
    let keys = template.fields.keys().map(String::as_str);
    let mut problems: Vec<TemplateProblem> = compare_fields(&known.content, keys)
        .into_iter()
        .map(|difference| differing(purpose, difference))
        .collect();
    if template.long_term && known.term == Term::Once {
        problems.push(TemplateProblem::new(
            purpose,
            "是一次性订阅，配置为长期订阅".to_owned(),
            "去掉 long_term，否则委员同意一次后再发即被拒绝（43101）",
        ));
    }
    for (key, name) in &template.fields {
        let sample = SAMPLES.iter().find(|(known, _)| known == name);
        let list = known.lists.get(key);
        if let (Some((_, sample)), Some(list)) = (sample, list)
            && !list.iter().any(|value| value == sample)
        {
            problems.push(TemplateProblem::new(
                purpose,
                format!(
                    "字段 {key} 只能填写固定的值（{}），不能填写 {name}",
                    list.join("、")
                ),
                "换一个没有固定值字段的模板",
            ));
        }
    }
    problems.extend(unfit(purpose, template));
    problems
}

/// What differs, and what to do about it.
fn differing(purpose: NoticePurpose, difference: Finding) -> TemplateProblem {
    let (text, advice) = match difference {
        Finding::NoSuchTemplate { template_id } => (
            format!("账号中没有模板 {template_id}"),
            "在公众平台“模板消息”或“类目模板”中核对模板 ID 是否属于本账号；同一模板在不同账号中 ID 不同",
        ),
        Finding::NotConfigured { key } => (
            format!("模板要求字段 {key}，配置中没有"),
            "在配置的 fields 中补上该字段，否则发送时报 47003",
        ),
        Finding::NoSuchField { key } => (
            format!("配置了字段 {key}，模板中没有"),
            "按模板详情改正 fields 中的字段名",
        ),
        Finding::OldKind { key } => (
            format!("字段 {key} 属于旧的行业模板"),
            "旧模板的内容会被微信截断，请换用类目模板",
        ),
    };
    TemplateProblem::new(purpose, text, advice)
}

/// The fields that take a value we do not have, or one they cannot hold.
fn unfit(
    purpose: NoticePurpose,
    template: &config::Template,
) -> impl Iterator<Item = TemplateProblem> {
    template.fields.iter().filter_map(move |(key, name)| {
        let Some((_, sample)) = SAMPLES.iter().find(|(known, _)| known == name) else {
            return Some(TemplateProblem::new(
                purpose,
                format!("字段 {key} 取值 {name}，没有这个取值"),
                &format!("取值须为其中之一：{}", wording::NAMES.join("、")),
            ));
        };
        let error = values::check(key, &values::fit(key, sample)).err()?;
        Some(TemplateProblem::new(
            purpose,
            format!(
                "字段 {key} 不能填写 {name}（如“{sample}”），微信要求{}",
                rule(error.kind)
            ),
            "换一个取值，或在公众平台换一个字段类型合适的模板",
        ))
    })
}

/// What a field may hold, for the operator.
const fn rule(kind: Kind) -> &'static str {
    match kind {
        Kind::Thing | Kind::Other => " 1 到 20 个字",
        Kind::Number => "不超过 32 位的数字",
        Kind::Letter => "不超过 32 个字母",
        Kind::Symbol => "不超过 5 个符号",
        Kind::CharacterString => "不超过 32 个数字、字母或符号，不含汉字",
        Kind::Time => "时间，如 14:30，前面可有日期",
        Kind::Date => "日期，后面可有时间",
        Kind::Amount => "金额",
        Kind::PhoneNumber => "电话号码，不超过 17 位",
        Kind::CarNumber => "车牌号码",
        Kind::Name => "姓名，不超过 10 个汉字，不含数字",
        Kind::Phrase => "不超过 5 个汉字",
        Kind::Listed => "模板所列的固定值之一",
        Kind::ShortThing => " 1 到 5 个字",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn configured(fields: &[(&str, &str)]) -> config::Template {
        let fields: BTreeMap<&str, &str> = fields.iter().copied().collect();
        serde_json::from_value(json!({ "template_id": "T", "fields": fields })).unwrap()
    }

    #[test]
    fn every_difference_between_configuration_and_template_is_named() {
        let there: Template = serde_json::from_value(json!({
            "template_id": "T", "content": "名称:{{thing1.DATA}}\n时间:{{time2.DATA}}"
        }))
        .unwrap();
        let template = configured(&[("thing1", "title"), ("thing9", "weather")]);

        let texts: Vec<_> = problems(NoticePurpose::EveReminder, &template, &[there])
            .into_iter()
            .map(|problem| problem.text)
            .collect();

        assert_eq!(
            texts,
            [
                "模板要求字段 time2，配置中没有",
                "配置了字段 thing9，模板中没有",
                "字段 thing9 取值 weather，没有这个取值",
            ]
        );
    }

    #[test]
    fn a_value_that_does_not_fit_its_field_is_named_before_anything_is_sent() {
        let there: Template = serde_json::from_value(json!({
            "template_id": "T", "content": "时间:{{time1.DATA}}"
        }))
        .unwrap();

        let found = problems(
            NoticePurpose::EveReminder,
            &configured(&[("time1", "venue")]),
            &[there],
        );

        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].text.contains("time1") && found[0].text.contains("venue"));
    }

    #[test]
    fn every_name_has_a_sample() {
        let names: Vec<_> = SAMPLES.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, wording::NAMES);
    }
}
