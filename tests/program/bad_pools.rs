//! One miner, many bad pools before a good one: each is left with words, nothing is kept of what they send, and the good one is mined on.

use crate::program::{Program, pool};

/// What no miner needs more of, whatever pools send: a huge body alone has 40 MB.
const MOST_MEMORY: u64 = 150 << 20;

/// A pool's protocol, what is wrong with it, and words (one of them) that must stand in the reason for leaving it.
type Bad = (&'static str, &'static str, &'static [&'static str]);

/// What a person who has such a pool first in the list is told of it.
fn assert_left_for_the_good_one(bad: &[Bad], good: &str, options: &str) {
    let pools: Vec<(Program, String)> = bad
        .iter()
        .map(|(protocol, fault, _)| pool(&format!("--protocol {protocol} --fault {fault}")))
        .collect();
    let (_good, url) = pool(good);
    let urls = pools.iter().map(|(_, url)| url).chain([&url]);
    let named: Vec<String> = urls.map(|url| format!("-o {url}")).collect();
    let line = format!("{} -u w {options} --json", named.join(" "));
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut miner = Program::start_with(&words, &[("MIDSTATE_NO_JOB_TIMEOUT", "5")]);
    miner.await_line(&format!("working for {url}"));
    miner.await_line("accepted");
    let memory = miner.resident();
    assert!(memory < MOST_MEMORY, "{memory} bytes");
    let ended = miner.terminate();
    ended.assert_code(0);
    let said = ended.stderr.join("\n");
    for ((protocol, fault, words), (_, url)) in bad.iter().zip(&pools) {
        let lines: Vec<&str> = said.lines().filter(|line| line.contains(url)).collect();
        let told = lines
            .iter()
            .any(|line| words.iter().any(|word| line.contains(word)));
        assert!(told, "{protocol} with {fault}: {}", lines.join("\n"));
    }
}

#[test]
fn bad_pools_by_http_are_left_for_a_good_one() {
    let bad: &[Bad] = &[
        ("getwork", "status=403", &["HTTP 403"]),
        ("getwork", "status=404", &["HTTP 404"]),
        ("getwork", "status=500", &["HTTP 500", "no job for"]),
        ("getwork", "refuse-login", &["HTTP 401"]),
        ("getwork", "redirect-loop", &["redirects have no end"]),
        ("getwork", "garbage", &["no usable JSON", "no job for"]),
        ("gbt", "status=403", &["HTTP 403"]),
        ("gbt", "status=404", &["HTTP 404"]),
        ("gbt", "refuse-login", &["HTTP 401"]),
        ("gbt", "redirect-loop", &["redirects have no end"]),
        ("gbt", "huge-line", &["has more than"]),
        ("getwork", "huge-line", &["has more than"]),
    ];
    assert_left_for_the_good_one(bad, "--protocol getwork", "--cpu 1 --payout 51");
}

#[test]
fn bad_pools_of_lines_and_frames_are_left_for_a_good_one() {
    let bad: &[Bad] = &[
        ("stratum", "huge-line", &["a line of more than"]),
        ("stratum", "refuse-login", &["refused worker"]),
        ("stratum", "disconnect", &["closed the connection"]),
        #[cfg(feature = "sv2")]
        ("sv2", "huge-line", &["at most", "no job for"]),
        #[cfg(feature = "sv2")]
        ("sv2", "refuse-login", &["unknown-user", "refused worker"]),
    ];
    assert_left_for_the_good_one(bad, "", "--cpu 1");
    let bad: &[Bad] = &[
        ("cryptonote", "huge-line", &["a line of more than"]),
        ("cryptonote", "refuse-login", &["refused worker"]),
    ];
    let good = "--protocol cryptonote --difficulty 2";
    assert_left_for_the_good_one(bad, good, "--cpu 1");
}
