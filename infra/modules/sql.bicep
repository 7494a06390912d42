metadata description = 'Azure SQL server (Entra sign-in only) and the MCMS database.'

@description('Name of the server.')
param serverName string

@description('Name of the database.')
param databaseName string

@description('Region.')
param location string

@description('Tags.')
param tags object

@description('SKU of the database. BC_Gen5_* or P* for the memory-optimized work queue; any vCore SKU or S3 for the columnstore.')
param skuName string

@description('Tier of the SKU.')
param skuTier string

@description('Whether a readable replica answers connections with ApplicationIntent=ReadOnly: Premium and Business Critical have one.')
param readScale bool

@description('Display name of the administrator.')
param adminLogin string

@description('Object id of the administrator.')
param adminObjectId string

@description('What the administrator is.')
@allowed(['User', 'Group', 'Application'])
param adminPrincipalType string

resource server 'Microsoft.Sql/servers@2023-08-01' = {
  name: serverName
  location: location
  tags: tags
  properties: {
    version: '12.0'
    minimalTlsVersion: '1.2'
    publicNetworkAccess: 'Enabled'
    administrators: {
      administratorType: 'ActiveDirectory'
      azureADOnlyAuthentication: true
      principalType: adminPrincipalType
      login: adminLogin
      sid: adminObjectId
      tenantId: tenant().tenantId
    }
  }
}

resource database 'Microsoft.Sql/servers/databases@2023-08-01' = {
  parent: server
  name: databaseName
  location: location
  tags: tags
  sku: { name: skuName, tier: skuTier }
  properties: {
    // Columns of MCMS name their own, binary collation: infra/sql/mssql.
    collation: 'SQL_Latin1_General_CP1_CI_AS'
    readScale: readScale ? 'Enabled' : 'Disabled'
    requestedBackupStorageRedundancy: 'Geo'
  }
}

// 0.0.0.0 stands for "Azure services": the app's outbound addresses are not known beforehand. Signing in still takes an
// Entra token of a principal that is a user of the database.
resource allowAzureServices 'Microsoft.Sql/servers/firewallRules@2023-08-01' = {
  parent: server
  name: 'AllowAllWindowsAzureIps'
  properties: { startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' }
}

output hostName string = server.properties.fullyQualifiedDomainName
output databaseName string = database.name
