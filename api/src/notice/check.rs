//! Whether the configured accounts can be reached and have the configured templates.

use std::collections::BTreeSet;
use std::fmt;

use domain::notice::NoticePurpose;

use super::wording;
use crate::app::App;
use crate::config::{AppKind, Template};
use crate::wechat_apps::WechatApp;

/// What was found about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The account.
    pub app_id: String,
    /// Whether it can stay as it is.
    pub ok: bool,
    /// What was found, for the operator.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}: {}",
            if self.ok { "ok   " } else { "WRONG" },
            self.app_id,
            self.text
        )
    }
}

/// Asks WeChat about every configured account.
pub async fn check_templates(app: &App) -> Vec<Finding> {
    let mut findings = Vec::new();
    for account in app.wechat_apps.all() {
        let found = check(account).await;
        findings.extend(found.into_iter().map(|(ok, text)| Finding {
            app_id: account.config.app_id.clone(),
            ok,
            text,
        }));
    }
    findings
}

async fn check(account: &WechatApp) -> Vec<(bool, String)> {
    if let Err(error) = account.client.probe().await {
        return vec![(false, format!("no access token: {error}"))];
    }
    // WeChat lists the templates of subscriptions to nobody but their owner's console; what we
    // would fill them with is known here.
    let foreign: Vec<(bool, String)> = account
        .config
        .subscriptions
        .iter()
        .flat_map(|(&purpose, template)| foreign(purpose, template))
        .map(|text| (false, text))
        .collect();
    if account.config.kind == AppKind::MiniProgram {
        let answers = (true, "mini-program answers".to_owned());
        return std::iter::once(answers).chain(foreign).collect();
    }
    let there = match account.client.templates().await {
        Ok(there) => there,
        Err(error) => return vec![(false, format!("templates unreadable: {error}"))],
    };
    let mut found = foreign;
    found.push((
        true,
        format!("official account answers and has {} templates", there.len()),
    ));
    for &purpose in NoticePurpose::ALL {
        match account.config.templates.get(&purpose) {
            None => found.push((true, format!("{purpose}: no template, such notices go to the inbox and to the list of those to be phoned"))),
            Some(template) => match there.iter().find(|one| one.template_id == template.template_id) {
                None => found.push((false, format!("{purpose}: template {} does not exist", template.template_id))),
                Some(one) => found.extend(compare(purpose, template, &one.field_keys()).into_iter().map(|text| (false, text))),
            },
        }
    }
    found
}

/// How the configured fields differ from those of the template.
fn compare(purpose: NoticePurpose, template: &Template, keys: &[String]) -> Vec<String> {
    let configured: BTreeSet<&str> = template.fields.keys().map(String::as_str).collect();
    let wanted: BTreeSet<&str> = keys.iter().map(String::as_str).collect();
    let missing = wanted
        .difference(&configured)
        .map(|key| format!("{purpose}: field {key} is not configured"));
    let surplus = configured
        .difference(&wanted)
        .map(|key| format!("{purpose}: the template has no field {key}"));
    missing
        .chain(surplus)
        .chain(foreign(purpose, template))
        .collect()
}

/// The configured fields that take a value we do not have.
fn foreign(purpose: NoticePurpose, template: &Template) -> impl Iterator<Item = String> {
    template
        .fields
        .iter()
        .filter(|(_, name)| !wording::NAMES.contains(&name.as_str()))
        .map(move |(key, name)| {
            format!(
                "{purpose}: field {key} takes {name}, which is none of {}",
                wording::NAMES.join(", ")
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_between_configuration_and_template_is_named() {
        let template = Template {
            template_id: "T".to_owned(),
            fields: [("thing1", "title"), ("thing9", "weather")]
                .map(|(key, name)| (key.to_owned(), name.to_owned()))
                .into(),
            long_term: false,
        };

        let problems = compare(
            NoticePurpose::EveReminder,
            &template,
            &["thing1".to_owned(), "time2".to_owned()],
        );

        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(
            problems[0].contains("time2")
                && problems[1].contains("thing9")
                && problems[2].contains("weather")
        );
    }
}
