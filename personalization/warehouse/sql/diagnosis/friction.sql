-- One row for each problem: how many customers met it and how often it was touched, by them or by the team. A parcel in
-- trouble that nobody wrote about is no touch.
-- columns: problem VARCHAR, customers BIGINT, touches BIGINT
-- key: problem
SELECT problem, count(DISTINCT who) AS customers, count(*) AS touches
FROM failures
WHERE problem IS NOT NULL AND kind <> 'parcel'
GROUP BY problem
