SELECT
    order_no,
    number,
    order_id,
    order_id || '-P' || number AS shipment_id,
    md5_number_lower(order_id || '-P' || number) AS parcel_key,
    row_number() OVER (ORDER BY order_no, number) - 1 AS parcel_no
FROM packed_lines
GROUP BY order_no, number, order_id
ORDER BY parcel_no
