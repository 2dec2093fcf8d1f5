//! What the rules cost by themselves: sheets of a committee, a seal of the ledger, a check-in
//! admitted, a year of workdays. `cargo bench -p domain`; figures are in docs/performance.md.

#![expect(missing_docs, reason = "criterion_group! makes a function without any")]

use std::hint::black_box;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use domain::calendar::{Quarter, ShiftPolicy, add_workdays, propose};
use domain::checkin::{
    Attempt, CodeKey, CodeKeys, Policy, SessionWindow, Slot, Window, admit, code,
};
use domain::ids::{ActivityId, CommitteeId, FactId, MemberId};
use domain::ledger::{Entry, Hash, seal};
use domain::score::{Attributes, Fact, Period, Person, Record, Rulebook, Scheme, Subject, Value};
use uuid::Uuid;

const MEMBERS: u32 = 190;
const FACTS: u32 = 50;

/// The shipped default, the longest of the published regulations, and a book of every shape.
const BOOKS: [(&str, &str); 3] = [
    ("six_ones", include_str!("../rulebooks/six_ones.toml")),
    ("guangshui", include_str!("../rulebooks/guangshui.toml")),
    (
        "kitchen_sink",
        include_str!("../rulebooks/kitchen_sink.toml"),
    ),
];

/// What members did, by kind: attributes with the words of the usual vocabulary.
const DEEDS: [(&str, &[(&str, &str)]); 8] = [
    (
        "attendance",
        &[("activity", "study"), ("status", "present")],
    ),
    (
        "attendance",
        &[("activity", "research"), ("status", "present")],
    ),
    (
        "attendance",
        &[("activity", "plenary"), ("status", "leave")],
    ),
    (
        "proposal",
        &[
            ("form", "individual"),
            ("role", "first"),
            ("stage", "filed"),
        ],
    ),
    (
        "opinion_report",
        &[("form", "individual"), ("role", "first")],
    ),
    ("contact_log", &[("target", "village")]),
    ("good_deed", &[]),
    ("speech", &[("form", "oral"), ("occasion", "plenary")]),
];

fn member(number: u32) -> Person {
    let id = MemberId(Uuid::from_u128(u128::from(number) + 1));
    let traits = [
        ("position", "member"),
        ("sector", "经济"),
        ("group", "一组"),
    ];
    Person::new(Subject::Member(id), &traits)
}

fn facts(member: &Person, number: u32) -> Vec<Fact> {
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).expect("the first of January exists");
    (0..FACTS)
        .map(|index| {
            let drawn = number * 31 + index * 7;
            let (kind, words) = DEEDS[drawn as usize % DEEDS.len()];
            let words = words.iter().map(|(name, word)| {
                let value = if *name == "stage" {
                    Value::Words(vec![(*word).to_owned()])
                } else {
                    Value::Word((*word).to_owned())
                };
                ((*name).to_owned(), value)
            });
            let id = u128::from(number) << 32 | u128::from(index);
            Fact {
                id: FactId(Uuid::from_u128(id)),
                subject: member.subject,
                kind: kind.to_owned(),
                on: first + TimeDelta::days(i64::from(drawn % 365)),
                title: format!("第 {drawn} 件"),
                reference: (index % 5 == 0).then(|| format!("第 {number}-{index} 号")),
                attributes: words.collect::<Attributes>(),
                recorder: None,
                verified: true,
                reverses: None,
            }
        })
        .collect()
}

fn sheets(c: &mut Criterion) {
    let members: Vec<(Person, Vec<Fact>)> = (0..MEMBERS)
        .map(|number| {
            let person = member(number);
            let facts = facts(&person, number);
            (person, facts)
        })
        .collect();
    let period = Period::of_year(2026);
    for (name, text) in BOOKS {
        let rulebook: Rulebook = toml::from_str(text).expect("a shipped rulebook is readable");
        let scheme = Scheme::new(rulebook);
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(1));
        group.bench_function("one sheet of 50 facts", |b| {
            let (person, facts) = &members[7];
            b.iter(|| scheme.sheet(period, Record::of(black_box(person), facts)));
        });
        group.throughput(Throughput::Elements(u64::from(MEMBERS)));
        group.bench_function("190 sheets of 50 facts", |b| {
            b.iter(|| {
                for (person, facts) in &members {
                    black_box(scheme.sheet(period, Record::of(person, facts)));
                }
            });
        });
        group.finish();
    }
}

fn ledger(c: &mut Criterion) {
    let entry = Entry {
        chain: "facts",
        committee: CommitteeId(Uuid::from_u128(7)),
        seq: 41_000,
        prev: Hash([3; 32]),
        at: now(),
        fields: &[
            ("id", b"0199a3b0-0000-7000-8000-000000000001"),
            ("member", b"0199a3b0-0000-7000-8000-000000000002"),
            ("kind", b"proposal"),
            ("happened_on", b"2026-03-27"),
            ("title", "关于完善养老服务的提案".as_bytes()),
            ("attributes", b"{\"form\":\"joint\",\"role\":\"first\"}"),
            ("source_kind", b"duty_record"),
            ("source_id", b"0199a3b0-0000-7000-8000-000000000003"),
        ],
    };
    c.bench_function("seal of a fact", |b| b.iter(|| seal(black_box(&entry))));
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_789_000_000, 0).expect("an instant of 2026")
}

fn admission(c: &mut Criterion) {
    let activity = ActivityId(Uuid::from_u128(9));
    let key = CodeKey {
        id: 1,
        secret: [5; 32],
    };
    let slot = Slot::at(now());
    let text = code(&key, activity, slot);
    let keys = CodeKeys::new(vec![key]).expect("one key is enough");
    let hour = TimeDelta::hours(1);
    let policy = Policy {
        windows: vec![SessionWindow {
            session: 1,
            window: Window {
                opens_at: now() - hour,
                closes_at: now() + hour,
            },
            late_after: now(),
        }],
        offline_delay: TimeDelta::hours(72),
        place: None,
    };
    let attempt = Attempt {
        code: &text,
        slot: None,
        captured_at: None,
        location: None,
    };
    c.bench_function("a check-in admitted", |b| {
        b.iter(|| admit(&keys, activity, &policy, black_box(&attempt), now()));
    });
}

fn calendar(c: &mut Criterion) {
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).expect("the first of January exists");
    c.bench_function("the day of a quarter proposed", |b| {
        let quarter = Quarter::of(first);
        b.iter(|| propose(black_box(quarter), ShiftPolicy::PreviousWorkday));
    });
    c.bench_function("250 workdays ahead", |b| {
        b.iter(|| add_workdays(black_box(first), 250));
    });
}

criterion_group!(benches, sheets, ledger, admission, calendar);
criterion_main!(benches);
