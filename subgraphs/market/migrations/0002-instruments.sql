-- The instruments that the exchange lists. Ticks in millionths of a dollar, lots in billionths of a share.
insert into instrument (symbol, name, currency, tick_micros, lot_nanos) values
  ('ACME', 'Acme Corporation', 'USD', 10000, 1000000000),
  ('GLOBEX', 'Globex Corporation', 'USD', 10000, 1000000000),
  ('INITECH', 'Initech', 'USD', 10000, 1000000000),
  ('UMBRELLA', 'Umbrella Corporation', 'USD', 10000, 1000000000),
  ('STARK', 'Stark Industries', 'USD', 10000, 1000000000),
  ('WAYNE', 'Wayne Enterprises', 'USD', 10000, 1000000000),
  ('HOOLI', 'Hooli', 'USD', 10000, 1000000000),
  ('CYBERDYNE', 'Cyberdyne Systems', 'USD', 10000, 1000000000);
