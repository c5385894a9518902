// The index has tables only.
begin(() => {}, () => {});
