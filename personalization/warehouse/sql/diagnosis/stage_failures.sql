-- One row for each stage ('unassigned' where there is none), kind and word of failures: how often, and to how many.
-- columns: stage VARCHAR, kind VARCHAR, word VARCHAR, failures BIGINT, customers BIGINT
-- key: stage, kind, word
SELECT
    coalesce(stage, 'unassigned') AS stage,
    kind,
    word,
    count(*) AS failures,
    count(DISTINCT who) AS customers
FROM failures
GROUP BY coalesce(stage, 'unassigned'), kind, word
