//! The rulebooks of `domain/rulebooks`, checked case by case as a clerk would: fourteen published
//! regulations, the six items, and a sample that uses every shape a rule can have.
//!
//! A case is one line of plain words and what it comes to; how the words are read is in
//! [`desk`].

mod regulations {
    mod anqing;
    mod books;
    mod desk;
    mod dongcheng;
    mod fushun;
    mod guangshui;
    mod haian;
    mod hefei;
    mod kenli;
    mod kitchen_sink;
    mod kitchen_sink_frame;
    mod kitchen_sink_reviews;
    mod minhang;
    mod shandong;
    mod six_ones;
    mod tj_hebei;
    mod tongcheng;
    mod wuxi;
    mod xuanwei;
    mod zhongmu;
}
