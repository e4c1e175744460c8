//! How fast an import file is read: 100,000 good rows.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use signline::domain::phone_number::NumberingPlan;
use signline::export::TEMPLATE;
use signline::import::reader;

const ROWS: u64 = 100_000;

fn file(row_count: u64) -> String {
    let rows = (0..row_count).map(|n| format!("{},user{n}@abccompany.com\r\n", 7_632_000_000 + n));
    TEMPLATE.chars().chain(rows.collect::<String>().chars()).collect()
}

fn read(criterion: &mut Criterion) {
    let (file, plan) = (file(ROWS), NumberingPlan::of_region("US").expect("US is a region"));
    assert_eq!(reader::read(file.as_bytes(), plan).expect("a CSV").rows.len() as u64, ROWS);
    let mut group = criterion.benchmark_group("csv_import");
    group.sample_size(10).throughput(Throughput::Elements(ROWS));
    group.bench_function("read_100_000_rows", |bencher| bencher.iter(|| reader::read(file.as_bytes(), plan)));
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
