//! One row at a time; many of them under faults are in `domain/tests/delivery.rs`.

use super::*;
use crate::notice::pause::{Cause, Stop};

const POLICY: &Policy = &Policy::WECHAT;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
}

fn row(channel: Channel) -> Delivery {
    Delivery::new(channel, at(86_400))
}

fn claimed(channel: Channel) -> (Delivery, i64) {
    let mut row = row(channel);
    let Claim::Send(fence) = row.claim(Way::Open, at(0), POLICY) else {
        panic!("{row:?}");
    };
    (row, fence)
}

#[test]
fn the_attempt_is_written_down_before_it_is_made_and_nobody_else_makes_it() {
    let (mut row, fence) = claimed(Channel::OfficialAccount);

    assert_eq!((row.state, row.attempts), (DeliveryState::Sending, 1));
    assert_eq!(
        row.claim(Way::Open, at(59), POLICY),
        Claim::Wait(Some(at(60)))
    );
    assert!(row.may_send(fence, at(59)));
    assert!(!row.may_send(fence, at(60)));
}

#[test]
fn what_a_dead_worker_left_is_in_doubt_and_tried_again_for_eight_minutes() {
    let (mut row, _) = claimed(Channel::OfficialAccount);

    assert_eq!(row.claim(Way::Open, at(60), POLICY), Claim::Send(2));
    assert_eq!(row.doubt_since, Some(at(0)));
    assert_eq!(
        row.answered(2, &Answer::NotSent, at(61), POLICY),
        Some(DeliveryState::Sending)
    );
    assert_eq!(
        row.claim(Way::Open, at(480), POLICY),
        Claim::Settled(DeliveryState::Unknown)
    );
    assert_eq!(row.reason.as_deref(), Some(AMBIGUOUS));
}

#[test]
fn a_subscription_message_in_doubt_is_never_tried_again() {
    for channel in [Channel::AccountSubscription, Channel::MiniProgram] {
        let (mut lost, fence) = claimed(channel);
        assert_eq!(
            lost.answered(fence, &Answer::Lost, at(5), POLICY),
            Some(DeliveryState::Unknown)
        );
        let (mut left, _) = claimed(channel);
        assert_eq!(
            left.claim(Way::Open, at(60), POLICY),
            Claim::Settled(DeliveryState::Unknown)
        );
    }
}

#[test]
fn an_answer_counts_for_its_own_claim_and_an_acceptance_always() {
    let (mut row, first) = claimed(Channel::OfficialAccount);
    let Claim::Send(second) = row.claim(Way::Open, at(60), POLICY) else {
        panic!("{row:?}");
    };

    let refused = Answer::Refused("wechat_43004".to_owned());
    assert_eq!(row.answered(first, &refused, at(61), POLICY), None);
    assert_eq!(
        row.answered(first, &Answer::Taken(Some(7)), at(62), POLICY),
        Some(DeliveryState::Accepted)
    );
    assert_eq!(row.answered(second, &refused, at(63), POLICY), None);
    assert_eq!(row.msg_id, Some(7));
}

#[test]
fn who_refuses_is_told_in_another_way_unless_he_may_have_been_told() {
    let refused = Answer::Refused("wechat_43004".to_owned());
    let (mut certain, fence) = claimed(Channel::OfficialAccount);
    certain.answered(fence, &refused, at(1), POLICY);
    assert!(certain.asks_for_another_way());

    let (mut doubtful, fence) = claimed(Channel::OfficialAccount);
    doubtful.answered(fence, &Answer::Lost, at(1), POLICY);
    let Claim::Send(fence) = doubtful.claim(Way::Open, at(10), POLICY) else {
        panic!("{doubtful:?}");
    };
    doubtful.answered(fence, &refused, at(11), POLICY);
    assert_eq!(doubtful.state, DeliveryState::Unknown);
    assert!(!doubtful.asks_for_another_way());
}

#[test]
fn a_pause_counts_no_attempt_and_gives_no_number_back() {
    let (mut row, fence) = claimed(Channel::OfficialAccount);
    let stop = Stop {
        cause: Cause::Configuration,
        until: None,
    };

    assert_eq!(
        row.answered(fence, &Answer::Stopped(stop), at(1), POLICY),
        Some(DeliveryState::Pending)
    );
    assert_eq!((row.attempts, row.fence), (0, fence));
    assert_eq!(
        row.claim(Way::Paused(None), at(2), POLICY),
        Claim::Wait(Some(row.expires_at))
    );
    assert_eq!(row.claim(Way::Open, at(3), POLICY), Claim::Send(fence + 1));
}

#[test]
fn what_waits_too_long_is_dead_and_says_why() {
    let mut row = row(Channel::OfficialAccount);

    assert_eq!(
        row.claim(Way::Paused(None), at(86_400), POLICY),
        Claim::Settled(DeliveryState::Failed)
    );
    assert!(row.came_too_late() && row.asks_for_another_way());
}

#[test]
fn a_recipient_wechat_does_not_know_is_looked_for_before_he_is_given_up() {
    let (mut row, mut fence) = claimed(Channel::OfficialAccount);
    for seconds in [1, 100, 200] {
        let state = row.answered(fence, &Answer::NoRecipient(Some(true)), at(seconds), POLICY);
        assert_eq!(state, Some(DeliveryState::Pending));
        let Claim::Send(next) = row.claim(Way::Open, at(seconds + 60), POLICY) else {
            panic!("{row:?}");
        };
        fence = next;
    }
    assert_eq!(
        row.answered(fence, &Answer::NoRecipient(Some(true)), at(300), POLICY),
        Some(DeliveryState::Failed)
    );

    let (mut gone, fence) = claimed(Channel::OfficialAccount);
    assert_eq!(
        gone.answered(fence, &Answer::NoRecipient(Some(false)), at(1), POLICY),
        Some(DeliveryState::Failed)
    );
}

#[test]
fn reports_count_once_in_any_order_and_an_unconfirmed_end_can_still_be_told() {
    let (mut row, fence) = claimed(Channel::OfficialAccount);
    assert_eq!(row.reported(&Report::Delivered, at(1)), None);
    row.answered(fence, &Answer::Taken(Some(7)), at(2), POLICY);
    assert_eq!(row.lapse(at(86_401), POLICY), None);
    assert_eq!(
        row.lapse(at(86_402), POLICY),
        Some(DeliveryState::Delivered)
    );
    assert_eq!(
        row.reported(&Report::Failed("user_block"), at(90_000)),
        Some(DeliveryState::Failed)
    );
    assert_eq!(row.reported(&Report::Delivered, at(90_001)), None);
}

#[test]
fn what_is_withdrawn_is_not_sent_and_not_told_in_another_way() {
    let mut waiting = row(Channel::OfficialAccount);
    assert_eq!(
        waiting.withdraw("superseded", at(1)),
        Some(DeliveryState::Skipped)
    );

    let (mut sending, fence) = claimed(Channel::OfficialAccount);
    assert_eq!(sending.withdraw("superseded", at(1)), None);
    assert_eq!(
        sending.answered(fence, &Answer::NotSent, at(2), POLICY),
        Some(DeliveryState::Skipped)
    );

    let (mut taken, fence) = claimed(Channel::OfficialAccount);
    taken.answered(fence, &Answer::Taken(Some(1)), at(1), POLICY);
    taken.withdraw("superseded", at(2));
    taken.reported(&Report::Failed("user_block"), at(3));
    assert!(!taken.asks_for_another_way());
}

#[test]
fn beginning_anew_asks_first_when_it_may_be_seen_twice() {
    let (mut row, fence) = claimed(Channel::OfficialAccount);
    assert_eq!(row.redrive(true, at(9)), Err(NotAgain::OnItsWay));
    row.answered(fence, &Answer::Lost, at(5), POLICY);
    row.claim(Way::Open, at(700), POLICY);
    assert_eq!(row.state, DeliveryState::Unknown);

    assert_eq!(
        row.redrive(false, at(99_999)),
        Err(NotAgain::MayBeSeenTwice(at(0)))
    );
    let before = row.fence;
    assert_eq!(row.redrive(true, at(99_999)), Ok(()));
    assert_eq!((row.state, row.attempts), (DeliveryState::Pending, 0));
    assert!(before < row.fence);
}

#[test]
fn what_is_in_doubt_is_repeated_often_enough_within_its_time() {
    let mut row = row(Channel::OfficialAccount);
    let mut spent = TimeDelta::zero();
    for attempts in 1..=12 {
        row.attempts = attempts;
        spent += row.backoff(LONGEST_IN_DOUBT);
    }
    assert!(spent < Policy::WECHAT.repeat, "{spent}");
    row.attempts = 30;
    assert_eq!(row.backoff(LONGEST).num_seconds(), 600);
}
