//! Types that are about people: their `Debug` tells what they are and not whom they name, so that
//! no log line can.

use std::fmt;

macro_rules! hidden {
    ($($path:path as $name:literal),+ $(,)?) => {
        $(impl fmt::Debug for $path {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!($name, "(hidden)"))
            }
        })+
    };
}

hidden! {
    crate::callback::Push as "Push",
    crate::followers::FollowerPage as "FollowerPage",
    crate::followers::UserInfo as "UserInfo",
    crate::login::KeyedSession as "KeyedSession",
    crate::login::Session as "Session",
    crate::oauth::Grant as "Grant",
    crate::oauth::OauthUser as "OauthUser",
    crate::phone::Phone as "Phone",
    crate::security::Words as "Words",
    crate::subscribe::BizMessage as "BizMessage",
    crate::subscribe::SubscribeMessage as "SubscribeMessage",
    crate::template::BlockedMessage as "BlockedMessage",
    crate::template::TemplateMessage as "TemplateMessage",
}
