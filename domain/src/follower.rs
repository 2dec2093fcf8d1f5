//! Words about the followers of official accounts: what they do there, and whose follower is whose.

words! {
    /// What a push of WeChat tells.
    PushKind {
        TemplateFinished = "template_finished" "模板消息结果";
        Subscribe = "subscribe" "关注";
        Unsubscribe = "unsubscribe" "取消关注";
        Scan = "scan" "扫描二维码";
        SubscribeAnswered = "subscribe_answered" "订阅消息授权";
        SubscribeChanged = "subscribe_changed" "订阅消息设置变更";
        SubscribeSent = "subscribe_sent" "订阅消息结果";
        MediaChecked = "media_checked" "图片内容检查结果";
        Text = "text" "文字";
        Click = "click" "菜单点击";
        Other = "other" "其他";
    }

    /// What a follower can ask an official account for, by a word or by its menu.
    Topic {
        CheckIn = "check_in" "签到";
        Leave = "leave" "请假";
        Score = "score" "积分";
        Activities = "activities" "活动";
        Link = "link" "绑定";
        Help = "help" "帮助";
    }

    /// Where the question stands whose follower somebody is.
    LinkConflictState {
        Open = "open" "待办公室处理";
        Moved = "moved" "已改为申请人";
        Kept = "kept" "维持原关联";
    }
}

/// Other words for a topic; its name counts too.
const WORDS: &[(Topic, &[&str])] = &[
    (Topic::CheckIn, &["签到", "签退", "打卡", "扫码"]),
    (Topic::Leave, &["请假", "补签", "来不了"]),
    (
        Topic::Score,
        &["积分", "得分", "分数", "履职分", "多少分", "考核"],
    ),
    (Topic::Activities, &["活动", "通知", "会议", "安排", "报名"]),
    (Topic::Link, &["绑定", "关联", "登录", "身份"]),
    (
        Topic::Help,
        &["帮助", "菜单", "怎么用", "功能", "help", "menu", "?"],
    ),
];

impl Topic {
    /// What a text of a follower asks for, if it can be told: the number of a topic in the list of
    /// [`Topic::ALL`], or the first word of a topic that occurs in it.
    ///
    /// Full-width letters and digits count as the narrow ones, blanks and what stands around a
    /// word do not count.
    pub fn asked(text: &str) -> Option<Self> {
        let text: String = text
            .chars()
            .map(narrow)
            .filter(|c| !c.is_whitespace())
            .flat_map(char::to_lowercase)
            .collect();
        if let Ok(number) = text.trim_end_matches(['.', '。', '、']).parse::<usize>() {
            return Self::ALL.get(number.checked_sub(1)?).copied();
        }
        WORDS
            .iter()
            .flat_map(|(topic, words)| words.iter().map(move |word| (*topic, word)))
            .filter_map(|(topic, word)| Some((text.find(word)?, topic)))
            .min_by_key(|(at, _)| *at)
            .map(|(_, topic)| topic)
    }
}

/// The narrow form of a full-width character of ASCII.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_whatever_stands_around_it() {
        for (text, topic) in [
            ("签到", Topic::CheckIn),
            ("　签 到！ ", Topic::CheckIn),
            ("请问怎么请假？", Topic::Leave),
            ("我的积分是多少", Topic::Score),
            ("下次活动什么时候", Topic::Activities),
            ("绑定", Topic::Link),
            ("ＨＥＬＰ", Topic::Help),
            ("？", Topic::Help),
            ("２", Topic::Leave),
            (" 5。", Topic::Link),
            // Of two words the first one counts.
            ("请假后还要签到吗", Topic::Leave),
        ] {
            assert_eq!(Topic::asked(text), Some(topic), "{text}");
        }
    }

    #[test]
    fn what_is_none_of_the_words_asks_for_nothing() {
        for text in ["", "你好", "0", "7", "99999999999999999999999", "-1", "1a"] {
            assert_eq!(Topic::asked(text), None, "{text}");
        }
    }
}
