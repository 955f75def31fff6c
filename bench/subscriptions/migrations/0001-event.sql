create table event (
  order_id text not null,
  sequence int not null,
  body json not null,
  primary key (order_id, sequence)
);
